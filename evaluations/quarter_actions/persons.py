"""Nobody has a hand in his own result."""

from accounts.models import User
from evaluations.quarter_actions.errors import OwnFigure, ReasonMissing
from officials.models import Appointment, OfficialAccount


def refuse_own(appointments: set[int], *, by: User) -> None:
    """OwnFigure if one of the appointments is held by who acts."""
    official = OfficialAccount.objects.filter(user=by.pk).values("official")
    own = Appointment.objects.filter(official__in=official, pk__in=appointments)
    if own.exists():
        raise OwnFigure(by.audit_name)


def needed(text: str) -> str:
    """The words of a decision; ReasonMissing for nothing but blanks."""
    stripped = text.strip()
    if not stripped:
        raise ReasonMissing
    return stripped
