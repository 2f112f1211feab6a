"""Sign-in, the desk's front page, and the trail."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import actions
from accounts.access import holding, staff, today
from accounts.forms import SignInForm
from accounts.permissions import Permission
from audit.models import AuditEvent

EVENTS_PER_PAGE = 50


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
    return render(request, "accounts/home.html", {"grants": grants})


@require_safe
@holding(Permission.AUDIT_READ)
def trail(request: HttpRequest) -> HttpResponse:
    """Newest first. Reads all logs, deletes none."""
    events = AuditEvent.objects.order_by("-seq")
    if words := request.GET.get("verb", "").strip():
        events = events.filter(verb__startswith=words)
    page = Paginator(events, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/trail.html", {"page": page, "verb": words})
