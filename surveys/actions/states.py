"""What a round refuses, and the two steps of every verb: hold the row, move it."""

from typing import Any

from officials.models import Division
from surveys.models import Round


class RoundError(Exception):
    """Every refusal of a round."""


class RoundExists(RoundError):
    """One round per place and month; `code` is the one that stands in the way."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RoundNotReady(RoundError):
    """Something is missing; `reasons` are sentences for the clerk."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(str(reason) for reason in reasons))
        self.reasons = reasons


class WrongState(RoundError):
    """No other step exists from here (domain 3.9); `state` is the present one."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class SamePerson(RoundError):
    """The second person is the first (T92)."""


class DraftTooOld(RoundError):
    """Proposed more than 72 hours ago: it is proposed again first (T92)."""


class DraftChanged(RoundError):
    """What would be approved is not what was shown (T92)."""


class NothingToIssue(RoundError):
    """Every released household has its slip."""


class NothingTampered(RoundError):
    """No envelope of the box was changed, taken or added."""


class NotProposed(RoundError):
    """The act was not agreed to, was carried out already, or is too old (T92)."""


def hold(survey_round: Round, *states: str) -> Round:
    """The fresh row, locked until the transaction ends, in one of these states."""
    held = Round.objects.select_for_update().get(pk=survey_round.pk)
    if held.state not in states:
        raise WrongState(held.state)
    return held


def hold_place(division: Division) -> None:
    """One at a time in a district: rounds of it, above or below, share households."""
    place = Division.objects.select_for_update(no_key=True)
    place.filter(code=division.district_code).first()


def move(survey_round: Round, **fields: Any) -> Round:
    """Write a held round's new state; the fresh row."""
    moved = Round.objects.filter(pk=survey_round.pk, state=survey_round.state)
    if not moved.update(**fields):
        raise WrongState(survey_round.state)
    survey_round.refresh_from_db()
    return survey_round
