"""Who may look at a job and try it again: 404 out of scope, 403 without the right."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.access import today, within_or_refused
from accounts.models import User
from accounts.permissions import Permission
from accounts.scopes import scopes_of
from jobs.models import Run


def get_run_for(user: User, pk: int, permission: Permission) -> Run:
    """Work of no place belongs to everybody who holds the permission somewhere."""
    run = Run.objects.filter(pk=pk).first()
    if run is None:
        raise Http404
    if run.division:
        within_or_refused(user, permission, run.division, on=today())
    elif not scopes_of(user, permission, on=today()):
        raise PermissionDenied
    return run
