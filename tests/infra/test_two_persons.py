"""Each act of T92: by one, by the same one twice, changed, late, spent (T152).

No change means that every row of every table is as it was.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import actions as account_actions
from accounts import roles
from accounts.actions import ApprovalError, GrantRefused
from accounts.models import Approval, User
from audit.actions import SYSTEM
from ballots.actions import destroy_box
from ballots.errors import BallotError
from evaluations import actions as rating_actions
from evaluations import queries, scheme_actions
from evaluations.actions import RatingError
from evaluations.models import SetAside, Withdrawal
from evaluations.scheme_readiness import SchemeError
from officials.models import Division
from residents import actions as roster_actions
from residents.models import RosterCorrection, RosterExport, RosterImport
from surveys import actions as round_actions
from surveys.actions import RoundError
from surveys.actions.preparing import content_digest
from surveys.models import Countersignature, Round, SampledHousehold, SlipBatch
from tests.conftest import HEPING
from tests.infra.digest import tables
from tests.infra.scope_world import (
    MONTH,
    PREVIEWED,
    SECOND,
    Args,
    build,
    months_that_wait,
)
from tests.surveys.conftest import cast

NOW = timezone.now()
WAITS = dt.timedelta(hours=72)
REFUSED = (
    ApprovalError,
    BallotError,
    GrantRefused,
    RatingError,
    RoundError,
    SchemeError,
    roster_actions.ConfirmedByProposer,
    roster_actions.ConfirmedByUploader,
    roster_actions.CorrectionDecided,
    roster_actions.CorrectionTooOld,
    roster_actions.DigestChanged,
    roster_actions.ExportDecided,
    roster_actions.NotPreviewed,
    roster_actions.PreviewTooOld,
    roster_actions.ReleasedByRequester,
)
Do = Callable[[User, bytes, dt.datetime], object]


@dataclass(frozen=True, slots=True)
class Act:
    """An act that waits; `do` is the second person's word on what `digest` shows."""

    name: str
    do: Do
    digest: bytes
    first: User
    second: User
    proposed_at: dt.datetime
    lapses: bool = True


Staff = dict[str, User]


def roster_acts(args: Args, staff: Staff) -> Iterator[Act]:
    bring, agree = staff["street_admin"], staff["approver"]
    waiting = RosterImport.objects.get(pk=args["import"][0])
    correction = RosterCorrection.objects.get(pk=args["correction"][0])
    export = RosterExport.objects.get(pk=args["export"][0])
    yield Act(
        "roster change set",
        lambda by, digest, at: roster_actions.confirm_import(
            roster_import=waiting, digest=digest, by=by, at=at
        ),
        bytes(waiting.digest or b""),
        bring,
        agree,
        waiting.previewed_at or NOW,
    )
    yield Act(
        "correction of a household",
        lambda by, digest, at: roster_actions.confirm_correction(
            correction=correction, digest=digest, by=by, at=at
        ),
        bytes(correction.digest),
        bring,
        agree,
        correction.proposed_at,
    )
    yield Act(
        "export of personal data",
        lambda by, digest, at: roster_actions.release_export(
            export=export, digest=digest, by=by, at=at
        ),
        bytes(export.digest),
        bring,
        agree,
        export.requested_at,
    )


def round_acts(args: Args, staff: Staff) -> Iterator[Act]:
    clerk, head = staff["clerk"], staff["head"]
    draft = Round.objects.get(code=args["draft"][0])
    yield Act(
        "round approval",
        lambda by, digest, at: round_actions.approve_round(
            survey_round=draft, digest=digest, by=by, at=at
        ),
        content_digest(draft),
        clerk,
        head,
        draft.created_at,
    )
    for proposal in proposals(args, clerk):
        yield Act(
            str(proposal.act),
            agreement(proposal),
            proposal.digest,
            clerk,
            head,
            proposal.proposed_at,
        )


def agreement(proposal: Countersignature) -> Do:
    return lambda by, digest, at: round_actions.agree_to(
        proposal=proposal, digest=digest, by=by, at=at
    )


def proposals(args: Args, clerk: User) -> Iterator[Countersignature]:
    """One of each act on a round and its codes that one proposes and another agrees."""
    Act = Countersignature.Act
    survey_round = Round.objects.get(code=args["round"][0])
    batch = SlipBatch.objects.get(pk=args["batch"][0])
    sampled = SampledHousehold.objects.get(pk=args["sampled"][0])
    subjects = {
        Act.ANNUL: None,
        Act.REISSUE_BATCH: batch,
        Act.REISSUE_CODE: sampled,
        Act.VOID_CODE: sampled,
        Act.ACCEPT_INVALID: None,
        Act.MOVE_DEADLINE: survey_round.closes_at + dt.timedelta(days=1),
    }
    for act, subject in subjects.items():
        yield round_actions.propose_act(
            survey_round=survey_round,
            act=act,
            reason="lost",
            subject=subject,
            by=clerk,
            at=survey_round.opens_at + dt.timedelta(hours=12),
        )


def grant_acts(args: Args, staff: Staff) -> Iterator[Act]:
    waiting = Approval.objects.get(pk=args["approval"][0])
    yield Act(
        "role of a head",
        lambda by, digest, at: account_actions.grant_approved(
            approval=waiting, digest=digest, by=by, at=at
        ),
        bytes(waiting.digest),
        staff["security"],
        staff["other security"],
        waiting.proposed_at,
    )


def scheme_acts(args: Args, staff: Staff) -> Iterator[Act]:
    waiting = next(
        approval
        for approval in Approval.objects.filter(verb=scheme_actions.IN_FORCE)
        if (approval.payload["scheme"],) == args["scheme"]
    )
    yield Act(
        "scheme in force",
        lambda by, digest, at: scheme_actions.put_in_force(
            approval=waiting, digest=digest, by=by, at=at
        ),
        bytes(waiting.digest),
        staff["clerk"],
        staff["head"],
        waiting.proposed_at,
    )


def month_acts(staff: Staff) -> Iterator[Act]:
    """The notice of one month, the withdrawal of another, a figure to be annulled."""
    district = Division.objects.get(pk=HEPING)
    shown = rating_actions.digest_of(queries.ratings_of_month(HEPING, PREVIEWED))
    yield Act(
        "publicity",
        lambda by, digest, at: rating_actions.start_publicity(
            division=district, month=PREVIEWED, digest=digest.hex(), by=by, at=at
        ),
        bytes.fromhex(shown),
        staff["clerk"],
        staff["head"],
        NOW,
        lapses=False,
    )
    withdrawal = Withdrawal.objects.get()
    yield Act(
        "withdrawal",
        lambda by, digest, at: rating_actions.withdraw_publication(
            withdrawal=withdrawal, digest=digest.hex(), by=by, at=at
        ),
        bytes.fromhex(withdrawal.digest),
        staff["clerk"],
        staff["head"],
        withdrawal.proposed_at,
    )
    set_aside = SetAside.objects.get()
    yield Act(
        "set aside",
        lambda by, digest, at: rating_actions.countersign_set_aside(
            set_aside=set_aside, digest=digest.hex(), by=by, at=at
        ),
        bytes.fromhex(set_aside.digest),
        set_aside.proposed_by,
        staff["head"],
        set_aside.proposed_at,
    )


def publication(staff: Staff) -> Act:
    """The review is the first word and stands until it is taken back: no 72 hours."""
    district = Division.objects.get(pk=HEPING)
    shown = rating_actions.digest_of(queries.ratings_of_month(HEPING, MONTH))
    return Act(
        "publication",
        lambda by, digest, at: rating_actions.publish_month(
            division=district, month=MONTH, digest=digest.hex(), by=by, at=at
        ),
        bytes.fromhex(shown),
        staff["clerk"],
        staff["head"],
        NOW,
        lapses=False,
    )


@pytest.fixture
def args(
    staff: Staff,
    make_staff: Callable[..., User],
    prepare: Callable[..., Round],
    approve: Callable[..., Round],
) -> Args:
    """The world with an unpublished month, and one household that has voted."""
    staff["other security"] = make_staff("other", roles.SECURITY_ADMINISTRATOR, HEPING)
    # First, because its households belong to the roster that is previewed then.
    months_that_wait(clerk=staff["clerk"], head=staff["head"])
    found = build(staff=staff, prepare=prepare, approve=approve, published=False)
    sampled = SampledHousehold.objects.get(pk=found["sampled"][0])
    survey_round = Round.objects.get(code=found["round"][0])
    code = survey_round.ballot_box.codes.get(household=sampled.household_id)
    cast(survey_round, {code.pk: (5,) * 8})
    return found


@pytest.fixture
def acts(args: Args, staff: Staff) -> list[Act]:
    return [
        *roster_acts(args, staff),
        *round_acts(args, staff),
        *grant_acts(args, staff),
        *scheme_acts(args, staff),
        publication(staff),
    ]


def what_came(attempt: Callable[[], object]) -> str:
    """ "" when it was refused and nothing has changed; else what happened."""
    before = tables()
    try:
        with transaction.atomic():
            attempt()
    except REFUSED:
        return "" if tables() == before else "refused, and changed something"
    return "done"


def other_than(digest: bytes) -> bytes:
    return bytes([digest[0] ^ 1]) + digest[1:]


def test_acts_are_those_of_the_list(acts: list[Act]) -> None:
    assert [act.name for act in acts] == [
        "roster change set",
        "correction of a household",
        "export of personal data",
        "round approval",
        "annul",
        "reissue_batch",
        "reissue_code",
        "void_code",
        "accept_invalid",
        "move_deadline",
        "role of a head",
        "scheme in force",
        "publication",
    ]


def test_nothing_grave_is_done_by_one_person_or_on_another_digest(
    acts: list[Act],
) -> None:
    """The proposer twice, another payload, too late; then in earnest, and once only."""
    wrong = []
    for act in acts:
        soon = act.proposed_at + dt.timedelta(hours=1)
        late = act.proposed_at + WAITS
        attempts = {
            "by who proposed": (act.first, act.digest, soon),
            "on another digest": (act.second, other_than(act.digest), soon),
            "on no digest": (act.second, b"", soon),
            "too late": (act.second, act.digest, late),
        }
        if not act.lapses:
            del attempts["too late"]
        for how, (by, digest, at) in attempts.items():
            came = what_came(partial(act.do, by, digest, at))
            wrong += [f"{act.name} {how}: {came}"] if came else []
        with transaction.atomic():
            act.do(act.second, act.digest, soon)
            again = what_came(partial(act.do, act.second, act.digest, soon))
            wrong += [f"{act.name} again: {again}"] if again else []
            transaction.set_rollback(True)
    assert wrong == []


def test_what_was_shown_must_still_be_there(args: Args, staff: Staff) -> None:
    """Between the page and the word somebody changes what would be done."""
    head, clerk = staff["head"], staff["clerk"]
    draft = Round.objects.get(code=args["draft"][0])
    shown = content_digest(draft)
    home = draft.snapshot.households.filter(residence_status="resident")[0]
    round_actions.recuse_household(
        survey_round=draft,
        household=home.household_id,
        reason="被评人家庭",
        by=clerk,
        at=draft.created_at,
    )
    assert not what_came(
        lambda: round_actions.approve_round(
            survey_round=draft, digest=shown, by=head, at=draft.created_at
        )
    )
    (act,) = grant_acts(args, staff)
    waiting = Approval.objects.get(pk=args["approval"][0])
    payload = {**waiting.payload, "username": staff["clerk"].username}
    Approval.objects.filter(pk=waiting.pk).update(payload=payload)
    assert not what_came(lambda: act.do(act.second, act.digest, act.proposed_at))


def alone(args: Args, staff: Staff) -> dict[str, Callable[..., object]]:
    """Verbs that take a second name, called with none or with one's own."""
    clerk, security = staff["clerk"], staff["security"]
    survey_round = Round.objects.get(code=args["round"][0])
    sampled = SampledHousehold.objects.get(pk=args["sampled"][0])
    batch = SlipBatch.objects.get(pk=args["batch"][0])
    at = survey_round.opens_at + dt.timedelta(hours=12)
    today = timezone.localdate(NOW)
    one: dict[str, Any] = {"by": clerk, "at": at}
    return {
        "annulment": lambda second: round_actions.annul_round(
            survey_round=survey_round, reason="印错", second=second, **one
        ),
        "void of a used code": lambda second: round_actions.void_household_code(
            sampled=sampled, reason="dispute", second=second, **one
        ),
        "another slip for who has voted": (
            lambda second: round_actions.reissue_household_code(
                sampled=sampled, reason="dispute", second=second, **one
            )
        ),
        "a whole batch anew": lambda second: round_actions.reissue_batch(
            batch=batch, reason="lost", second=second, **one
        ),
        "deadline": lambda second: round_actions.move_round_deadline(
            survey_round=survey_round,
            closes_at=survey_round.closes_at + dt.timedelta(days=1),
            second=second,
            **one,
        ),
        "a box destroyed": lambda second: destroy_box(
            box=survey_round.ballot_box, reason="试", second=second, **one
        ),
        **{
            f"role of {role.code}": lambda second, role=role: (
                account_actions.grant_role(
                    user=staff[SECOND],
                    role=role,
                    scope=HEPING,
                    starts_on=today,
                    by=security,
                    at=NOW,
                    second=security if second else None,
                )
            )
            for role in roles.ROLES.values()
            if role.takes_two
        },
    }


def test_no_verb_takes_one_name_for_two(args: Args, staff: Staff) -> None:
    wrong = []
    for name, verb in alone(args, staff).items():
        for second in (None, staff["clerk"], SYSTEM):
            if second is SYSTEM and name.startswith(("role", "annulment")):
                continue
            came = what_came(partial(verb, second))
            wrong += [f"{name} with {second}: {came}"] if came else []
    assert wrong == []
