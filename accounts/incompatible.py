"""Roles that one person must not hold together (T86, T87), and why, in a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass

from accounts.models import RoleGrant
from accounts.permissions import Permission as P
from accounts.prefixes import overlap
from accounts.roles import (
    ADMINISTRATORS,
    DEPARTMENT_CLERK,
    DEPARTMENT_HEAD,
    ROLES,
    Role,
)

COMMUNITY_LENGTH = 12
# Draw, codes, lists of who took part, turnout, words before publication: never for the
# rated side. A community is the rated unit, so none of these is granted inside one.
NOT_IN_A_RATED_UNIT = frozenset(
    {
        P.ROUND_PREPARE,
        P.ROUND_APPROVE,
        P.DRAW_RUN,
        P.CODE_ISSUE,
        P.CODE_VOID,
        P.LETTER_HANDLE,
        P.BOX_SETUP,
        P.BOX_APPROVE,
        P.BOX_TURNOUT,
        P.COMMENT_REVIEW,
        P.SIGNAL_VIEW,
        P.RESULT_REVIEW,
        P.RESULT_PUBLISH,
        P.SIGNAL_DECIDE,
        P.SCHEME_EDIT,
        P.ADJUST_PROPOSE,
        P.ADJUST_APPROVE,
        P.MEASURE_DECIDE,
        P.APPEAL_DECIDE,
        P.ROSTER_APPROVE,
    }
)
# Who had a hand in a result does not hear an appeal against it (T87).
SCORES = frozenset({P.RESULT_REVIEW, P.RESULT_PUBLISH})


@dataclass(frozen=True, slots=True)
class Held:
    """A role at a place: what is held already, or what is asked for."""

    role: Role
    scope: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Two roles that do not go together; `rule` names the line of T86 or T87."""

    rule: str
    held: Held
    wanted: Held


def first_clash(held: Iterable[RoleGrant], wanted: Held) -> Clash | None:
    """What stands against a role, given the grants of the same days."""
    return first_clash_of(
        (Held(ROLES[grant.role], grant.scope) for grant in held), wanted
    )


def first_clash_of(held: Iterable[Held], wanted: Held) -> Clash | None:
    for one in held:
        if rule := _rule(one, wanted) or _rule(wanted, one):
            return Clash(rule, one, wanted)
    return None


def in_a_rated_unit(wanted: Held) -> bool:
    """Whether this is a role of the survey's side inside a rated community (T86)."""
    return len(wanted.scope) == COMMUNITY_LENGTH and is_survey_side(wanted.role)


def works_on_survey_of(code: str, held: Iterable[RoleGrant]) -> bool:
    """Whether one of the grants is of the survey's side and covers the place (T87)."""
    return any(
        is_survey_side(ROLES[grant.role]) and overlap(grant.scope, code)
        for grant in held
    )


def is_survey_side(role: Role) -> bool:
    return bool(role.permissions & NOT_IN_A_RATED_UNIT)


def _rule(one: Held, other: Held) -> str:
    """The rule that forbids the pair in this order, or ""."""
    a, b = one.role, other.role
    if a.code in ADMINISTRATORS and b.code != a.code:
        return "administrators" if b.code in ADMINISTRATORS else "business"
    if P.CODE_ISSUE in a.permissions and P.LETTER_HANDLE in b.permissions:
        return "letters"
    if (a.code, b.code) == (DEPARTMENT_CLERK.code, DEPARTMENT_HEAD.code):
        return "clerk_head"
    if not overlap(one.scope, other.scope):
        return ""
    if P.ROSTER_IMPORT in a.permissions and P.ROSTER_APPROVE in b.permissions:
        return "roster"
    if P.APPEAL_DECIDE in a.permissions and b.permissions & SCORES:
        return "appeal"
    if len(one.scope) == COMMUNITY_LENGTH and is_survey_side(b):
        return "rated"
    return ""
