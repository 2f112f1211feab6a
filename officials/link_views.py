"""Which official an account belongs to, kept by the system administrator (T83, W7)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import get_account_for, staff, today
from accounts.models import User
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from officials import accounts
from officials.accounts import (
    AlreadyLinked,
    LinkRefused,
    NotLinked,
    OwnLink,
    SurveySide,
)
from officials.models import Appointment, OfficialAccount

NEEDED = Permission.ACCOUNT_MANAGE
REFUSALS: dict[type[LinkRefused], str | Promise] = {
    AlreadyLinked: gettext_lazy("这个账号或者这位干部已经对应过了。"),
    NotLinked: gettext_lazy("已经没有对应了。"),
    OwnLink: gettext_lazy("这一步不能对自己正在用的账号做。"),
    SurveySide: gettext_lazy(
        "这个账号在那里办测评、复核或申诉，不能同时是那里的被评干部。"
    ),
}


class LinkForm(forms.Form):
    """Appointments come from the view; the account gets the person behind one."""

    appointment = forms.ModelChoiceField(
        label=gettext_lazy("任职"),
        queryset=Appointment.objects.none(),
        empty_label=gettext_lazy("请选择"),
        help_text=gettext_lazy("账号从此看得到这位干部自己的结果，看不到别人的。"),
        error_messages={"required": gettext_lazy("请选一个任职。")},
    )

    def __init__(
        self, *args: Any, appointments: QuerySet[Appointment], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["appointment"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        field.queryset = appointments


@require_safe
def link_detail(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_account_for(staff(request), pk, NEEDED)
    return _render(request, account)


@require_POST
def link_make(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_account_for(staff(request), pk, NEEDED)
    form = LinkForm(request.POST, appointments=_free(request, words=""))
    if form.is_valid():
        official = form.cleaned_data["appointment"].official
        try:
            accounts.link_account(
                official=official, user=account, by=staff(request), at=timezone.now()
            )
        except LinkRefused as refusal:
            form.add_error(None, str(REFUSALS[type(refusal)]))
        else:
            text = _("已对应：%(name)s。") % {"name": official.name}
            messages.success(request, text)
            return redirect("links:link-detail", pk)
    return _render(request, account, form, status=422)


@require_POST
def link_end(request: HttpRequest, pk: int) -> HttpResponse:
    account = get_account_for(staff(request), pk, NEEDED)
    link = OfficialAccount.objects.filter(user=account).first()
    try:
        if link is None:
            raise NotLinked(account.username)
        accounts.unlink_account(link=link, by=staff(request), at=timezone.now())
    except LinkRefused as refusal:
        messages.error(request, str(REFUSALS[type(refusal)]))
    else:
        messages.success(request, _("已解除对应。"))
    return redirect("links:link-detail", pk)


def _render(
    request: HttpRequest,
    account: User,
    form: LinkForm | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:60]
    link = OfficialAccount.objects.select_related("official").filter(user=account)
    held = accounts.appointments_of(account, on=today())
    context = {
        "account": account,
        "link": link.first(),
        "held": held.select_related("post__organization__division"),
        "words": words,
        "form": form or LinkForm(appointments=_free(request, words=words)),
    }
    return render(request, "officials/link_detail.html", context, status=status)


def _free(request: HttpRequest, *, words: str) -> QuerySet[Appointment]:
    """Current appointments in scope whose official has no account; found by a name."""
    scopes = scopes_of(staff(request), NEEDED, on=today())
    found = (
        Appointment.objects.in_office(on=today())
        .within(scopes)
        .filter(official__account=None)
        .select_related("official", "post__organization__division")
        .order_by("post__organization__division__code", "pk")
    )
    if not words:
        return found
    place = Q(post__organization__division__short_name__contains=words)
    return found.filter(Q(official__name__contains=words) | place)
