"""Find events: by whom, what, about what, where, when, and by words in the data."""

import datetime as dt
from dataclasses import asdict, dataclass

from django.db.models import QuerySet

from audit.alerts import ONE_DAY, midnight
from audit.models import AuditEvent


@dataclass(frozen=True, slots=True)
class Search:
    """Empty fields ask for nothing. Days are days in the time of this house."""

    actor: str = ""
    verb: str = ""  # the beginning: "round." finds all of rounds
    target: str = ""  # id, or the beginning of a kind
    division: str = ""  # a code and everything below it
    since: dt.date | None = None
    until: dt.date | None = None
    words: str = ""

    def events(self) -> QuerySet[AuditEvent]:
        """In the order of the chain."""
        found = AuditEvent.objects.order_by("seq")
        if self.actor:
            found = found.filter(actor=self.actor)
        if self.verb:
            found = found.filter(verb__startswith=self.verb)
        if self.target:
            kinds = found.filter(target_type__startswith=self.target)
            found = kinds | found.filter(target_id=self.target)
        if self.division:
            found = found.filter(division__startswith=self.division)
        if self.since:
            found = found.filter(at__gte=_start(self.since))
        if self.until:
            found = found.filter(at__lt=_start(self.until) + ONE_DAY)
        if self.words:
            found = found.filter(data__icontains=self.words)
        return found

    def as_data(self) -> dict[str, str]:
        """What was asked for, without the empty fields."""
        return {name: str(value) for name, value in asdict(self).items() if value}


def _start(day: dt.date) -> dt.datetime:
    return midnight(dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC))
