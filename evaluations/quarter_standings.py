"""Who stands where in each peer group of a quarter, from its computed sheets (W3, W5).

One way for the quarter that is ranked and for a draft that is only tried on it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping

from evaluations.models import Leave, ScoreSheet
from evaluations.quarter_calendar import days_within, quarter_span
from evaluations.quarter_sheets import may_be_last
from evaluations.sheets.rules import RegularRules
from evaluations.sheets.sheet import Sheet
from evaluations.sheets.standing import Entrant, Standing, stand


def standings(
    sheets: Mapping[int, ScoreSheet],
    found: Mapping[int, Sheet],
    *,
    quarter: str,
    rules: RegularRules,
) -> dict[int, Standing]:
    """Peer group -> who stands where in it.

    `sheets`: by appointment, with `appointment`; `found`: the same, computed. One query
    for any number.
    """
    leaves = _leave_days(quarter, sheets)
    first, after = quarter_span(quarter)
    groups: dict[int, list[Entrant]] = defaultdict(list)
    for pk, one in sheets.items():
        held = one.appointment
        groups[one.group_id].append(
            Entrant(
                code=held.code,
                total=found[pk].total,
                resident_m=found[pk].resident_m,
                days=(after - first).days,
                days_in_post=days_within(
                    held.starts_on, held.ends_on, first=first, after=after
                ),
                days_on_leave=leaves.get(pk, 0),
                may_be_last=may_be_last(found[pk], found[pk].residents),
            )
        )
    return {group: stand(entrants, rules=rules) for group, entrants in groups.items()}


def _leave_days(quarter: str, sheets: Mapping[int, ScoreSheet]) -> dict[int, int]:
    """Days of the quarter on approved leave while in post; each day counts once."""
    first, after = quarter_span(quarter)
    leaves = Leave.objects.filter(
        appointment__in=list(sheets), starts_on__lt=after, ends_on__gt=first
    )
    days: dict[int, set[dt.date]] = defaultdict(set)
    for leave in leaves:
        held = sheets[leave.appointment_id].appointment
        begun = max(first, leave.starts_on, held.starts_on)
        ended = min(after, leave.ends_on, held.ends_on or after)
        days[leave.appointment_id] |= {
            begun + dt.timedelta(days=number) for number in range((ended - begun).days)
        }
    return {pk: len(found) for pk, found in days.items()}
