"""Addresses for tokens of the office: figures of one scope, ranked in one group only.

Out of the token's scope 404, inside it with a token for public figures 403 (T85).
There is no address that puts two groups into one order (W3).
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import P, PathEx, Router

from evaluations.api import reads, schemas
from evaluations.api.answers import BESIDE_OFFICE
from evaluations.api.door import Token, shown_token
from evaluations.api.errors import Refused
from evaluations.api.routes import Month, PageNumber, PageSize
from evaluations.api.schemas import UNIT
from evaluations.api.shapes import Shape
from officials.models import PeerGroup

router = Router(auth=Token(), tags=["office"])
Unit = PathEx[str, P(pattern=UNIT)]
GroupId = PathEx[int, P(ge=1, le=2**31 - 1)]


def answers(schema: Any) -> dict[Any, Any]:
    return {200: schema, **BESIDE_OFFICE}


@router.get(
    "/divisions/{code}/months/{month}/ratings",
    response=answers(schemas.Ratings),
    summary="一个区划一个月的全部任职",
)
def ratings(
    request: HttpRequest,
    response: HttpResponse,
    code: Unit,
    month: Month,
    page: PageNumber = 1,
    size: PageSize = 50,
) -> Shape:
    """Of a district, street or community, by the codes of communities."""
    _need_office(request, response, code)
    rows, part = reads.page_of(reads.ratings(code, month), page=page, size=size)
    return part | {"items": [reads.rated_shape(row) for row in rows]}


@router.get(
    "/divisions/{code}/months/{month}/groups",
    response=answers(schemas.Groups),
    summary="一个区划一个月的组别",
)
def groups(
    request: HttpRequest,
    response: HttpResponse,
    code: Unit,
    month: Month,
    page: PageNumber = 1,
    size: PageSize = 50,
) -> Shape:
    """The peer groups of the month, without any figure."""
    _need_office(request, response, code)
    found = reads.groups_of_month(code, month)
    start = (page - 1) * size
    items = found[start : start + size]
    return {"page": page, "size": size, "total": len(found), "items": items}


@router.get(
    "/groups/{group_id}/months/{month}/ranking",
    response=answers(schemas.Ranking),
    summary="一个组别一个月的排名",
)
def ranking(
    request: HttpRequest,
    response: HttpResponse,
    group_id: GroupId,
    month: Month,
    page: PageNumber = 1,
) -> Shape:
    """In the printed order; ranks and their sets at the end of a quarter only."""
    groups = PeerGroup.objects.select_related("grouping")
    group = groups.filter(pk=group_id).first()
    if group is None:
        raise Refused("not_found")
    _need_office(request, response, group.grouping.division_id)
    shape = reads.ranking(group, month, page=page)
    if shape is None:
        raise Refused("not_found")
    return shape


def _need_office(request: HttpRequest, response: HttpResponse, code: str) -> None:
    """404 out of scope, 403 without the audience; and nothing keeps the answer."""
    token = shown_token(request)
    if token is None or not token.scopes.cover(code):
        raise Refused("not_found")
    if not token.is_office:
        raise Refused("not_permitted")
    response.headers["Cache-Control"] = "no-store"
