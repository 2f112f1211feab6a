"""Changing one's own password."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import actions, passwords, sessions
from accounts.access import staff
from accounts.forms import PasswordForm
from accounts.fresh import fresh_factor_needed
from accounts.lockout import address_of
from accounts.middleware import open_before_set_up
from accounts.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@open_before_set_up
@fresh_factor_needed
def password_change(request: HttpRequest) -> HttpResponse:
    user, now = staff(request), timezone.now()
    form = PasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid() and change(request, user, form):
        messages.success(request, _("密码已更换。别处的登录都已结束。"))
        return redirect("accounts:home")
    context = {"form": form, "is_due": passwords.must_change(user, at=now)}
    return render(request, "accounts/password_change.html", context)


def change(request: HttpRequest, user: User, form: PasswordForm) -> bool:
    try:
        mark = actions.change_password(
            user=user,
            old=form.cleaned_data["old"],
            new=form.cleaned_data["new"],
            address=address_of(request),
            at=timezone.now(),
        )
    except ValidationError as error:
        form.add_error("new", error)
        return False
    if mark is None:
        form.refuse()
        return False
    user.refresh_from_db()
    update_session_auth_hash(request, user)
    sessions.go_on(request.session, mark=mark)
    return True
