"""A second person for a grave act: another one, within 72 hours (T92)."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import actions, roles
from accounts.models import Approval, RoleGrant, User
from accounts.models.approvals import WAITS
from accounts.permissions import Permission
from audit.models import AuditEvent
from tests.conftest import ELSEWHERE, HEPING

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
MOMENT = dt.timedelta(microseconds=1)
State = Approval.State


@pytest.fixture
def security(make_staff: Callable[..., User]) -> User:
    return make_staff("security", roles.SECURITY_ADMINISTRATOR, HEPING)


@pytest.fixture
def other(make_staff: Callable[..., User]) -> User:
    return make_staff("other", roles.SECURITY_ADMINISTRATOR, HEPING)


@pytest.fixture
def proposal(security: User, street_admin: User) -> Approval:
    """The head's role for somebody who keeps a roster today."""
    return propose(street_admin, security)


def propose(user: User, by: User, at: dt.datetime = NOW) -> Approval:
    return actions.propose_grant(
        user=user,
        role=roles.DEPARTMENT_HEAD,
        scope=HEPING,
        starts_on=TODAY,
        ends_on=actions.year_later(TODAY),
        by=by,
        at=at,
    )


def agree(
    proposal: Approval, by: User, *, at: dt.datetime = NOW, digest: bytes | None = None
) -> RoleGrant:
    shown = bytes(proposal.digest) if digest is None else digest
    return actions.grant_approved(approval=proposal, digest=shown, by=by, at=at)


def state_of(proposal: Approval) -> str:
    proposal.refresh_from_db()
    return proposal.state


def heads() -> list[str]:
    found = RoleGrant.objects.filter(role="department_head")
    return list(found.values_list("user__username", flat=True))


def test_second_person_makes_the_grant_with_both_names(
    proposal: Approval, other: User
) -> None:
    made = agree(proposal, other)
    assert (made.granted_by, made.agreed_by) == ("security", "other")
    assert (state_of(proposal), heads()) == (State.APPROVED, ["street_admin"])
    verbs = AuditEvent.objects.order_by("-seq").values_list("verb", flat=True)[:2]
    assert list(verbs) == ["role.granted", "approval.approved"]


def test_who_proposed_does_not_approve(proposal: Approval, security: User) -> None:
    with pytest.raises(actions.ApprovedByProposer):
        agree(proposal, security)
    with pytest.raises(actions.ApprovedByProposer):
        actions.decline(approval=proposal, reason="不", by=security, at=NOW)
    assert (state_of(proposal), heads()) == (State.WAITING, [])


def test_approver_holds_the_permission_at_the_place(
    proposal: Approval, clerk: User, make_staff: Callable[..., User]
) -> None:
    far = make_staff("far", roles.SECURITY_ADMINISTRATOR, ELSEWHERE)
    for stranger in (clerk, far):
        with pytest.raises(actions.ApproverMayNot):
            agree(proposal, stranger)
    assert (state_of(proposal), heads()) == (State.WAITING, [])


def test_nobody_approves_their_own_role(
    security: User, other: User, make_staff: Callable[..., User]
) -> None:
    """An administrator of the city, proposed for the head of a district."""
    RoleGrant.objects.filter(user=other).update(ends_on=TODAY)
    waiting = propose(other, security)
    RoleGrant.objects.filter(user=other).update(ends_on=actions.year_later(TODAY))
    with pytest.raises(actions.GrantRefused):
        agree(waiting, other)
    assert (state_of(waiting), heads()) == (State.WAITING, [])


def test_another_digest_approves_nothing(proposal: Approval, other: User) -> None:
    with pytest.raises(actions.PayloadChanged):
        agree(proposal, other, digest=bytes(32))
    assert (state_of(proposal), heads()) == (State.WAITING, [])


def test_payload_changed_in_the_table_approves_nothing(
    proposal: Approval, other: User
) -> None:
    changed = {**proposal.payload, "scope": "12"}
    Approval.objects.filter(pk=proposal.pk).update(payload=changed)
    with pytest.raises(actions.PayloadChanged):
        agree(proposal, other)
    assert heads() == []


def test_approval_is_spent_once(proposal: Approval, other: User) -> None:
    agree(proposal, other)
    RoleGrant.objects.filter(role="department_head").delete()
    with pytest.raises(actions.ApprovalSpent):
        agree(proposal, other)
    assert heads() == []


def test_approval_expires_after_72_hours(proposal: Approval, other: User) -> None:
    with pytest.raises(actions.ApprovalSpent):
        agree(proposal, other, at=NOW + WAITS)
    assert proposal.standing_at(NOW + WAITS) == State.LAPSED
    assert agree(proposal, other, at=NOW + WAITS - MOMENT).agreed_by == "other"


def test_lapsed_proposal_is_made_again(
    proposal: Approval, security: User, street_admin: User
) -> None:
    with pytest.raises(actions.ApprovalWaiting):
        propose(street_admin, security)
    again = propose(street_admin, security, at=NOW + WAITS)
    assert (state_of(proposal), state_of(again)) == (State.LAPSED, State.WAITING)


def test_declined_and_withdrawn_proposals_are_over(
    security: User, other: User, street_admin: User
) -> None:
    first = propose(street_admin, security)
    actions.decline(approval=first, reason="不需要", by=other, at=NOW)
    second = propose(street_admin, security)
    with pytest.raises(actions.ApproverMayNot):
        actions.withdraw(approval=second, by=other, at=NOW)
    actions.withdraw(approval=second, by=security, at=NOW)
    for over in (first, second):
        with pytest.raises(actions.ApprovalSpent):
            agree(over, other)
    assert (state_of(first), state_of(second)) == (State.DECLINED, State.WITHDRAWN)
    assert (first.reason, heads()) == ("不需要", [])


def test_proposal_of_another_verb_is_not_spent_on_this_one(
    security: User, other: User
) -> None:
    waiting = actions.propose(
        verb="something.else",
        payload={"user": other.pk},
        permission=Permission.GRANT_MANAGE,
        division=HEPING,
        by=security,
        at=NOW,
    )
    with pytest.raises(actions.PayloadChanged):
        agree(waiting, other)
    assert state_of(waiting) == State.WAITING


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"state": "approved"}, "approval_decided_by_whom"),
        ({"expires_at": NOW + 2 * WAITS}, "approval_waits_72_hours"),
    ],
)
def test_database_keeps_the_rules(
    proposal: Approval, change: dict[str, object], name: str
) -> None:
    same = Approval.objects.filter(pk=proposal.pk)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        same.update(**change)


def test_database_refuses_one_person_for_both(
    proposal: Approval, security: User
) -> None:
    same = Approval.objects.filter(pk=proposal.pk)
    with (
        pytest.raises(IntegrityError, match="approval_second_person"),
        transaction.atomic(),
    ):
        same.update(state="approved", decided_by=security, decided_at=NOW)


def test_grant_that_became_incompatible_is_refused_at_its_approval(
    proposal: Approval, other: User, street_admin: User, security: User
) -> None:
    """Between the two words the same person became a clerk."""
    actions.grant_role(
        user=street_admin,
        role=roles.DEPARTMENT_CLERK,
        scope=HEPING,
        starts_on=TODAY,
        by=security,
        at=NOW,
    )
    with pytest.raises(actions.Incompatible):
        agree(proposal, other)
    assert (state_of(proposal), heads()) == (State.WAITING, [])
