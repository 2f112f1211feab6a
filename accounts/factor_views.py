"""A person's own second factor: enrolling, proving again, replacing, codes on paper."""

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import actions, factors, passwords, sessions, totp
from accounts.access import staff
from accounts.forms import FIELD, EnrolForm, FactorForm
from accounts.fresh import fresh_factor_needed, proven
from accounts.middleware import open_before_set_up
from accounts.models import Authenticator
from accounts.views import wanted_page

GROUP = 4
form_view = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def factor_detail(request: HttpRequest) -> HttpResponse:
    """What protects one's own account, and where to change it."""
    user = staff(request)
    context = {
        "authenticator": factors.confirmed_of(user),
        "codes_left": factors.left_of(user),
        "password_until": passwords.valid_until(user),
    }
    return render(request, "accounts/factor_detail.html", context)


@form_view
@open_before_set_up
def factor_set_up(request: HttpRequest) -> HttpResponse:
    """The secret as a picture and as letters; a first code confirms the telephone."""
    user, now = staff(request), timezone.now()
    waiting = factors.waiting_of(user)
    if waiting is None:
        return redirect("accounts:factor-detail")
    form = EnrolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = form.cleaned_data[FIELD]
        enrolled = actions.confirm_authenticator(user=user, answer=answer, at=now)
        if enrolled is not None:
            sessions.go_on(request.session, mark=enrolled.mark)
            sessions.prove(request.session, at=now)
            return show_codes(request, enrolled.codes)
        form.refuse()
    secret = factors.secret_of(waiting)
    context = {
        "form": form,
        "picture": picture_of(waiting, secret, account=user.username),
        "secret": [secret[at : at + GROUP] for at in range(0, len(secret), GROUP)],
        "is_first": not sessions.is_proven(request.session),
    }
    return render(request, "accounts/factor_set_up.html", context)


def picture_of(waiting: Authenticator, secret: str, *, account: str) -> SafeString:
    """Inline, so that the secret has no address of its own and lies in no cache.

    An SVG made of numbers only, so it is safe to print unescaped.
    """
    address = totp.address_for_telephone(
        secret, account=account, issuer=str(settings.SITE_NAME)
    )
    drawn = segno.make_qr(address, error="m")
    return mark_safe(  # noqa: S308
        drawn.svg_inline(omitsize=True, border=4, svgclass="qr", lineclass=None)
    )


@form_view
@open_before_set_up
def factor_confirm(request: HttpRequest) -> HttpResponse:
    """The six digits before a grave page; then on to that page."""
    if not sessions.is_proven(request.session):
        return redirect("accounts:factor-set-up")
    form = FactorForm(request.POST or None)
    is_sent = request.method == "POST" and form.is_valid()
    if is_sent and proven(request, form, at=timezone.now()):
        return redirect(wanted_page(request))
    context = {"form": form, "kept": [("next", wanted_page(request))], "target": ""}
    return render(request, "accounts/factor_confirm.html", context)


@require_POST
@fresh_factor_needed
def factor_replace(request: HttpRequest) -> HttpResponse:
    """Another telephone; the present one counts until the new one has shown a code."""
    actions.replace_authenticator(user=staff(request), at=timezone.now())
    return redirect("accounts:factor-set-up")


@require_POST
@fresh_factor_needed
def codes_renew(request: HttpRequest) -> HttpResponse:
    codes = actions.renew_recovery_codes(user=staff(request), at=timezone.now())
    return show_codes(request, codes)


def show_codes(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """In the answer to the form and nowhere else: shown once, stored as hashes."""
    context = {"codes": codes, "title": _("十个恢复码，只显示这一次")}
    return render(request, "accounts/factor_codes.html", context)
