"""One shape for everything that is not an answer: a code and a sentence (T85)."""

import json
from collections.abc import Iterable, Mapping

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja import Field, Schema

CONTENT_TYPE = "application/json; charset=utf-8"
# Code -> status and sentence. Programs read the code; the sentence is for their people.
ERRORS: dict[str, tuple[int, str | Promise]] = {
    "bad_request": (400, _("请求的格式不对。")),
    "token_needed": (401, _("需要令牌：在 Authorization 里写 Bearer 和令牌。")),
    "token_unknown": (401, _("令牌不对、还没有生效、已到期或已收回。")),
    "not_permitted": (403, _("这个令牌只能看公开数字。")),
    "not_found": (404, _("没有这一项，没有公布，或者不在令牌的范围里。")),
    "wrong_method": (405, _("这个接口只能读，请用 GET。")),
    "wrong_parameter": (422, _("参数不对，请看 fields。")),
    "too_many": (429, _("请求太密，请过一会儿再试。")),
}
STATUS = {code: status for code, (status, _words) in ERRORS.items()}


class FieldError(Schema):
    """A parameter that does not fit."""

    place: str = Field(description="path 或 query")
    name: str
    problem: str


class Error(Schema):
    """What comes instead of an answer."""

    code: str = Field(description="、".join(ERRORS))
    message: str = Field(description="给人看的一句话")
    fields: list[FieldError] = Field(description="只在 422 时有内容")


class Refused(Exception):
    """An answer with one of the codes of `ERRORS`."""

    def __init__(self, code: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code, self.headers = code, dict(headers or {})


def error_response(
    code: str,
    *,
    fields: Iterable[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    status, words = ERRORS[code]
    told = {"code": code, "message": str(words), "fields": list(fields)}
    content = json.dumps(told, ensure_ascii=False)
    given = {"Cache-Control": "no-store", **(headers or {})}
    if status == 401:
        given["WWW-Authenticate"] = 'Bearer realm="minping"'
    return HttpResponse(
        content, status=status, content_type=CONTENT_TYPE, headers=given
    )
