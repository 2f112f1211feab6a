"""When a finding may lead to a proposal at all (M29, M88). People decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evaluations.scoring.ladder import Consequence, rung
from evaluations.scoring.method import Method
from evaluations.scoring.window import Month, Validity


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The same finding in one window: `first`, `last` month, `m` usable answers."""

    first: Month
    last: Month
    m: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Support:
    """What a finding can carry.

    `is_enough`: whether a proposal may be made; `rests_on`: the windows it rests on,
    one or two, oldest first, none if it may not; `is_valid`: M29; `consequence`: the
    row of the ladder for the new window alone (M82).
    """

    is_enough: bool
    rests_on: tuple[Finding, ...]
    is_valid: bool
    consequence: Consequence


def support(
    finding: Finding,
    earlier: Iterable[Finding],
    *,
    validity: Validity,
    method: Method,
) -> Support:
    """Whether a finding has the answers that a consequence needs.

    In a valid window (M29): m of at least `publish.consequence`, or the same finding
    in two disjoint windows with at least `publish.public` answers each; of several
    earlier ones the latest counts. `earlier`: windows in which the same was found for
    the same appointment. The order of `earlier` does not matter. Source: M88.
    """
    step = rung(finding.m, method=method).consequence
    is_valid = validity is Validity.VALID
    rests_on: tuple[Finding, ...] = ()
    if is_valid and step is Consequence.YES:
        rests_on = (finding,)
    elif is_valid and step is Consequence.TWO_PERIODS:
        partner = _partner(finding, earlier, method)
        rests_on = (partner, finding) if partner else ()
    return Support(
        is_enough=bool(rests_on),
        rests_on=rests_on,
        is_valid=is_valid,
        consequence=step,
    )


def _partner(
    finding: Finding, earlier: Iterable[Finding], method: Method
) -> Finding | None:
    """The latest earlier window that shares no month and has answers enough."""
    partners = [
        other
        for other in earlier
        if other.last < finding.first
        and rung(other.m, method=method).consequence is not Consequence.NONE
    ]
    return max(partners, key=lambda other: (other.last, other.m), default=None)
