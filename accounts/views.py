"""Sign-in and the desk's front page."""

from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts import actions, sessions
from accounts.access import staff, today
from accounts.forms import FIELD, SignInForm
from accounts.lockout import address_of
from accounts.middleware import open_before_set_up
from accounts.permissions import Permission
from accounts.scopes import permissions_of
from audit import alerts

BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Name, password and six digits in one form: no answer says which was wrong."""
    now = timezone.now()
    onward = wanted_page(request)
    if is_here(request):
        return redirect(onward)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        signed_in = actions.sign_in(
            username=form.cleaned_data["username"],
            password=form.cleaned_data["password"],
            answer=form.cleaned_data[FIELD],
            address=address_of(request),
            at=now,
        )
        if signed_in is not None:
            enter(request, signed_in)
            return redirect(onward)
        form.refuse()
    context = {
        "form": form,
        "next": request.POST.get("next", request.GET.get("next", "")),
        "why": sessions.WAYS_TO_END.get(request.GET.get("why", ""), ""),
    }
    return render(request, "accounts/sign_in.html", context)


def enter(request: HttpRequest, signed_in: actions.SignedIn) -> None:
    """A session with a new key; proven if the factor was asked for."""
    now = signed_in.user.last_used_at
    login(request, signed_in.user, backend=BACKEND)
    sessions.begin(request.session, mark=signed_in.mark, at=now)
    if signed_in.factor:
        sessions.prove(request.session, at=now)


def is_here(request: HttpRequest) -> bool:
    if not request.user.is_authenticated:
        return False
    now = timezone.now()
    return not sessions.why_ended(request.session, staff(request), at=now)


def wanted_page(request: HttpRequest) -> str:
    """Where the person was going, if that is a page of ours; else the front page."""
    onward = request.POST.get("next", request.GET.get("next", ""))
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(onward, hosts, request.is_secure()):
        return onward
    return resolve_url("accounts:home")


@require_POST
@open_before_set_up
def sign_out(request: HttpRequest) -> HttpResponse:
    actions.sign_out(
        user=staff(request), address=address_of(request), at=timezone.now()
    )
    request.session.flush()
    return redirect("accounts:sign-in")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    grants = staff(request).grants.in_force(on=today())
    context = {"grants": grants, "alerts": 0}
    if Permission.AUDIT_READ in permissions_of(request.user, on=today()):
        since = alerts.midnight(timezone.now())
        context["alerts"] = alerts.latest(since=since).count()
    return render(request, "accounts/home.html", context)
