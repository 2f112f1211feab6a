"""Sign-in and the desk's front page."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import actions
from accounts.access import staff, today
from accounts.forms import SignInForm
from accounts.permissions import Permission
from accounts.scopes import permissions_of
from audit import alerts


@method_decorator([login_not_required, never_cache], name="dispatch")
class SignIn(auth_views.LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        actions.note_sign_in(
            user=form.get_user(),
            at=timezone.now(),
            address=self.request.META.get("REMOTE_ADDR") or "",
        )
        return response


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    grants = staff(request).grants.in_force(on=today())
    context = {"grants": grants, "alerts": 0}
    if Permission.AUDIT_READ in permissions_of(request.user, on=today()):
        since = alerts.midnight(timezone.now())
        context["alerts"] = alerts.latest(since=since).count()
    return render(request, "accounts/home.html", context)
