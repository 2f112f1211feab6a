"""A scheme from draft to retired; frozen by verb, model and database (M4, G12, T92)."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from accounts.actions import (
    ApprovalSpent,
    ApprovedByProposer,
    ApproverMayNot,
    PayloadChanged,
    decline,
)
from accounts.models import Approval, User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from evaluations import dry_run_actions, queries, rollup
from evaluations import scheme_actions as actions
from evaluations.models import (
    AssessmentScheme,
    RuleDocument,
    RuleIsWritten,
    SchemeBasis,
    SchemeIsFrozen,
)
from evaluations.scheme_actions import Basis
from evaluations.scheme_difference import changes, word_changes
from evaluations.scheme_readiness import (
    BasisMissing,
    BasisRepealed,
    DraftChanged,
    FieldsOutOfRange,
    KindUnknown,
    NotADraft,
    NothingOfItsOwn,
    NotTried,
    NotUsable,
    content_digest,
    obstacles,
)
from evaluations.scoring.method import Method
from officials.models import Division
from tests.evaluations.world import HEPING, TAIANDAO, World, mixed

DAY = dt.date(2026, 1, 5)
MONTH = "2026-10"
Edit = Callable[..., AssessmentScheme]


@pytest.fixture
def rule(world: World) -> RuleDocument:
    return actions.enter_rule(
        division=world.district,
        title="公共服务满意度反馈与改进机制",
        number="和组发〔2026〕3号",
        issued_by="区委组织部",
        issued_on=DAY,
        by=world.clerk,
        at=world.now,
    )


@pytest.fixture
def draft(world: World) -> AssessmentScheme:
    return actions.draft_copy(
        scheme=world.scheme, division=world.district, by=world.clerk, at=world.now
    )


def edited(
    world: World,
    draft: AssessmentScheme,
    bases: dict[str, Basis | None] | None = None,
    **fields: object,
) -> AssessmentScheme:
    """The draft with other values, as `a_b` for `a.b`."""
    return actions.edit_draft(
        scheme=draft,
        seen=content_digest(draft),
        fields={name.replace("_", ".", 1): value for name, value in fields.items()},
        bases=bases or {},
        by=world.clerk,
        at=world.now,
    )


def described(
    world: World, draft: AssessmentScheme, rule: RuleDocument
) -> AssessmentScheme:
    return actions.describe_draft(
        scheme=draft,
        seen=content_digest(draft),
        name="社区书记评价办法",
        label="2+3",
        whole=Basis(rule, "第五条"),
        by=world.clerk,
        at=world.now,
    )


@pytest.fixture
def ready(world: World, draft: AssessmentScheme, rule: RuleDocument) -> Any:
    """A draft with one change and its rule: nothing stands in its way."""
    return described(world, edited(world, draft, star_hysteresis="0.5"), rule)


def proposed(world: World, scheme: AssessmentScheme) -> Approval:
    return actions.propose_in_force(
        scheme=scheme, seen=content_digest(scheme), by=world.clerk, at=world.now
    )


def in_force(world: World, scheme: AssessmentScheme) -> AssessmentScheme:
    approval = proposed(world, scheme)
    return actions.put_in_force(
        approval=approval, digest=bytes(approval.digest), by=world.head, at=world.now
    )


def verbs() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True))


def test_two_persons_bring_a_draft_into_force(world: World, ready: Any) -> None:
    scheme = in_force(world, ready)
    assert (scheme.ref, scheme.status) == ("community-secretary/2", "in_force")
    assert (scheme.frozen_at, scheme.proposed_by, scheme.approved_by) == (
        world.now,
        world.clerk,
        world.head,
    )
    assert scheme.method == Method(star_hysteresis="0.5")  # type: ignore[arg-type]
    assert queries.scheme_in_force(HEPING) == scheme
    assert queries.scheme_in_force("130102") == world.scheme
    assert verbs()[-2:] == ["approval.approved", "scheme.put_in_force"]


def test_the_next_version_retires_the_one_before_at_the_same_place(
    world: World, ready: Any, rule: RuleDocument
) -> None:
    second = in_force(world, ready)
    copy = actions.draft_copy(
        scheme=second, division=world.district, by=world.clerk, at=world.now
    )
    assert (copy.version, copy.label) == (3, "2+3")
    assert [basis.document for basis in copy.bases.all()] == [rule]
    third = in_force(world, edited(world, copy, star_hysteresis="0"))
    second.refresh_from_db()
    assert (third.status, second.status) == ("in_force", "retired")
    # What came with the house is for other places still.
    world.scheme.refresh_from_db()
    assert world.scheme.status == "in_force"


def test_a_retired_scheme_is_offered_no_more(world: World, ready: Any) -> None:
    scheme = in_force(world, ready)
    actions.retire_scheme(
        scheme=scheme, reason="市里的新办法", by=world.head, at=world.now
    )
    assert queries.scheme_in_force(HEPING) == world.scheme
    with pytest.raises(NotADraft):
        actions.retire_scheme(scheme=scheme, reason="再停", by=world.head, at=world.now)


@pytest.mark.parametrize("who", ["clerk", "head"])
def test_one_person_is_not_two(world: World, ready: Any, who: str) -> None:
    first: User = getattr(world, who)
    approval = actions.propose_in_force(
        scheme=ready, seen=content_digest(ready), by=first, at=world.now
    )
    with pytest.raises(ApprovedByProposer):
        actions.put_in_force(
            approval=approval, digest=bytes(approval.digest), by=first, at=world.now
        )


def test_another_district_does_not_approve(
    world: World, ready: Any, clerk_elsewhere: User
) -> None:
    approval = proposed(world, ready)
    with pytest.raises(ApproverMayNot):
        actions.put_in_force(
            approval=approval,
            digest=bytes(approval.digest),
            by=clerk_elsewhere,
            at=world.now,
        )


def test_a_draft_edited_after_its_proposal_is_not_approved(
    world: World, ready: Any
) -> None:
    approval = proposed(world, ready)
    edited(world, ready, star_hysteresis="0.6")
    with pytest.raises(PayloadChanged):
        actions.put_in_force(
            approval=approval,
            digest=bytes(approval.digest),
            by=world.head,
            at=world.now,
        )
    assert AssessmentScheme.objects.get(pk=ready.pk).is_draft
    assert Approval.objects.get().state == Approval.State.WAITING


def test_a_proposal_lapses_and_a_declined_one_is_spent(
    world: World, ready: Any
) -> None:
    approval = proposed(world, ready)
    agree = partial(
        actions.put_in_force,
        approval=approval,
        digest=bytes(approval.digest),
        by=world.head,
    )
    with pytest.raises(ApprovalSpent):
        agree(at=world.now + dt.timedelta(hours=72))
    decline(approval=approval, reason="再议", by=world.head, at=world.now)
    with pytest.raises(ApprovalSpent):
        agree(at=world.now)


# --- frozen ---------------------------------------------------------------------------


@pytest.fixture
def frozen(world: World, ready: Any) -> AssessmentScheme:
    return in_force(world, ready)


def test_no_verb_changes_a_frozen_scheme(
    world: World, frozen: AssessmentScheme, rule: RuleDocument
) -> None:
    with pytest.raises(NotADraft):
        edited(world, frozen, star_hysteresis="0")
    with pytest.raises(NotADraft):
        described(world, frozen, rule)
    with pytest.raises(NotADraft):
        proposed(world, frozen)


def test_no_write_of_the_model_changes_a_frozen_scheme(
    frozen: AssessmentScheme, rule: RuleDocument
) -> None:
    schemes = AssessmentScheme.objects.filter(pk=frozen.pk)
    basis = SchemeBasis.objects.get()
    writes: list[Callable[[], object]] = [
        lambda: schemes.update(parameters="{}"),
        lambda: schemes.update(name="别的"),
        lambda: schemes.update(status="draft"),
        schemes.delete,
        frozen.save,
        frozen.delete,
        lambda: AssessmentScheme.objects.bulk_update([frozen], ["name"]),
        lambda: SchemeBasis.objects.update(note="第六条"),
        SchemeBasis.objects.all().delete,
        basis.save,
        basis.delete,
        lambda: SchemeBasis.objects.create(
            scheme=frozen, field="star.cuts", document=rule
        ),
    ]
    for write in writes:
        with pytest.raises(SchemeIsFrozen), transaction.atomic():
            write()
    kept = AssessmentScheme.objects.get(pk=frozen.pk)
    assert content_digest(kept) == content_digest(frozen)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"parameters": "{}"}, "scheme_digest_fits"),
        ({"digest": bytes(32)}, "scheme_digest_fits"),
        ({"status": "draft"}, "scheme_draft_is_not_frozen"),
        ({"frozen_at": None}, "scheme_frozen_when_in_force"),
        ({"kind": "other"}, "scheme_kind_known"),
        ({"approved_by": models.F("proposed_by")}, "scheme_in_force_by_two"),
    ],
)
def test_the_database_refuses_what_would_thaw_a_scheme(
    frozen: AssessmentScheme, change: dict[str, Any], constraint: str
) -> None:
    """Past the model, as whoever has the database's password."""
    with transaction.atomic(), pytest.raises(IntegrityError, match=constraint):
        models.QuerySet(AssessmentScheme).filter(pk=frozen.pk).update(**change)


def test_a_draft_beside_it_changes_no_month(
    world: World, draft: AssessmentScheme
) -> None:
    """A draft with a longer window would let the roll-up read further back."""
    edited(world, draft, window_months=24, sampling_rest_months=24)
    for month in ("2025-08", MONTH):
        world.tally(month, {TAIANDAO: mixed(40, seed=month)})
        rollup.roll_up(division=world.district, month=month, by=SYSTEM, at=world.now)
    rating = world.rating(TAIANDAO, MONTH)
    assert rating.scheme == world.scheme
    assert rating.contents["inputs"]["counts"] == {MONTH: 40}


# --- editing --------------------------------------------------------------------------


def test_an_edit_says_what_it_changed(world: World, draft: AssessmentScheme) -> None:
    edited(world, draft, star_hysteresis="0.5", publish_floor=20)
    event = AuditEvent.objects.order_by("-seq")[0]
    assert event.verb == "scheme.edited"
    assert '"changed":{"publish.floor":[10,20],"star.hysteresis":["1","0.5"]}' in (
        event.data
    )


def test_every_wrong_value_is_named(world: World, draft: AssessmentScheme) -> None:
    with pytest.raises(FieldsOutOfRange) as refused:
        edited(world, draft, publish_floor=9, star_hysteresis="3", window_months=6)
    assert refused.value.fields == {"publish.floor", "star.hysteresis"}


def test_a_rest_shorter_than_the_window_is_refused(
    world: World, draft: AssessmentScheme
) -> None:
    with pytest.raises(FieldsOutOfRange) as refused:
        edited(world, draft, window_months=18)
    assert refused.value.fields == {"sampling.rest_months"}
    both = edited(world, draft, window_months=18, sampling_rest_months=18)
    assert both.method.window_months == 18


@pytest.mark.parametrize(
    "floor",
    [
        "publish_floor",
        "publish_public",
        "publish_star",
        "publish_star_reliable",
        "publish_star_lambda",
        "publish_consequence",
        "publish_cell",
        "publish_text",
        "publish_text_place",
    ],
)
def test_floors_are_never_lowered(
    world: World, draft: AssessmentScheme, floor: str
) -> None:
    lowered = float(getattr(Method(), floor)) - 0.01
    value = str(round(lowered, 2)) if "lambda" in floor else int(lowered)
    with pytest.raises(FieldsOutOfRange) as refused:
        edited(world, draft, **{floor: value})
    assert refused.value.fields == {floor.replace("_", ".", 1)}


def test_who_saves_second_must_look_again(
    world: World, draft: AssessmentScheme
) -> None:
    seen = content_digest(draft)
    edited(world, draft, star_hysteresis="0.5")
    with pytest.raises(DraftChanged):
        actions.edit_draft(
            scheme=draft,
            seen=seen,
            fields={"star.hysteresis": "0"},
            bases={},
            by=world.head,
            at=world.now,
        )


# --- rules ----------------------------------------------------------------------------


def test_a_scheme_without_a_rule_does_not_come_into_force(
    world: World, draft: AssessmentScheme
) -> None:
    draft = edited(world, draft, star_hysteresis="0.5")
    with pytest.raises(BasisMissing):
        proposed(world, draft)


def test_a_repealed_rule_blocks_a_new_scheme_and_no_old_result(
    world: World, ready: Any, rule: RuleDocument
) -> None:
    world.tally(MONTH, {TAIANDAO: mixed(40, seed="a")})
    rollup.roll_up(division=world.district, month=MONTH, by=SYSTEM, at=world.now)
    before = world.rating(TAIANDAO, MONTH).record_sha256
    approval = proposed(world, tried(world, ready))
    actions.repeal_rule(
        document=rule, repealed_on=world.now.date(), by=world.clerk, at=world.now
    )
    with pytest.raises(BasisRepealed) as refused:
        actions.put_in_force(
            approval=approval,
            digest=bytes(approval.digest),
            by=world.head,
            at=world.now,
        )
    assert refused.value.documents == [rule]
    assert world.rating(TAIANDAO, MONTH).record_sha256 == before
    copy = actions.draft_copy(
        scheme=ready, division=world.district, by=world.clerk, at=world.now
    )
    assert not copy.bases.exists()


def test_a_field_may_rest_on_a_rule_of_its_own(
    world: World, draft: AssessmentScheme, rule: RuleDocument
) -> None:
    draft = edited(world, draft, {"star.cuts": Basis(rule, "第八条")})
    assert [(b.field, b.note) for b in draft.bases.all()] == [("star.cuts", "第八条")]
    draft = edited(world, draft, {"star.cuts": None})
    assert not draft.bases.exists()


def test_a_rule_is_entered_once_and_repealed_once(
    world: World, rule: RuleDocument
) -> None:
    again = {
        "division": world.district,
        "title": "又一份",
        "number": rule.number,
        "issued_by": "区委组织部",
        "issued_on": DAY,
    }
    with pytest.raises(actions.RuleKnown):
        actions.enter_rule(**again, by=world.clerk, at=world.now)
    repeal = partial(actions.repeal_rule, document=rule, by=world.clerk, at=world.now)
    with pytest.raises(actions.RuleIsRepealed):
        repeal(repealed_on=DAY)
    repeal(repealed_on=dt.date(2026, 5, 1))
    with pytest.raises(actions.RuleIsRepealed):
        repeal(repealed_on=dt.date(2026, 6, 1))
    with pytest.raises(RuleIsWritten):
        RuleDocument.objects.update(title="别的")
    with pytest.raises(RuleIsWritten):
        rule.save()


# --- what else stands in the way ------------------------------------------------------


def tried(world: World, draft: AssessmentScheme) -> AssessmentScheme:
    asked = dry_run_actions.ask_dry_run(
        scheme=draft, district=world.district, by=world.clerk, at=world.now
    )
    dry_run_actions.carry_out(dry_run=asked, by=SYSTEM, at=world.now)
    return draft


def test_where_there_is_a_month_the_draft_is_tried_first(
    world: World, ready: Any
) -> None:
    world.tally(MONTH, {TAIANDAO: mixed(40, seed="a")})
    rollup.roll_up(division=world.district, month=MONTH, by=SYSTEM, at=world.now)
    with pytest.raises(NotTried):
        proposed(world, ready)
    tried(world, ready)
    assert proposed(world, ready).payload["ref"] == ready.ref
    changed = edited(world, ready, star_hysteresis="0.7")
    assert [type(one) for one in obstacles(changed, on=DAY)] == [NotTried]


def test_a_copy_without_a_change_is_no_new_version(world: World, ready: Any) -> None:
    scheme = in_force(world, ready)
    copy = actions.draft_copy(
        scheme=scheme, division=world.district, by=world.clerk, at=world.now
    )
    with pytest.raises(NothingOfItsOwn):
        proposed(world, copy)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sampling_strata", "community x building class"),
        ("sampling_cluster", "building"),
        ("sampling_rate", "1"),
    ],
)
def test_what_no_round_can_carry_out_stays_a_draft(
    world: World, ready: Any, field: str, value: str
) -> None:
    draft = edited(world, ready, **{field: value})
    with pytest.raises(NotUsable, match=field.replace("_", ".", 1)):
        proposed(world, draft)


def test_a_kind_without_rules_stays_a_draft(heping: Division, world: World) -> None:
    method = Method()
    special = AssessmentScheme.objects.create(
        code="special",
        version=1,
        name="专项",
        kind=AssessmentScheme.Kind.SPECIAL,
        division=world.district,
        status=AssessmentScheme.Status.DRAFT,
        parameters=method.canonical().decode(),
        digest=bytes.fromhex(method.digest()),
    )
    with pytest.raises(KindUnknown):
        proposed(world, special)


# --- the difference of two versions ---------------------------------------------------


def test_the_difference_names_fields_and_words(world: World, ready: Any) -> None:
    found = changes(world.scheme, ready)
    assert [(c.text.name, c.old, c.new, c.is_higher) for c in found] == [
        ("star.hysteresis", "1", "0.5", False)
    ]
    assert [(w.label, w.new) for w in word_changes(world.scheme, ready)] == [
        ("名称", "社区书记评价办法"),
        ("标签", "2+3"),
        ("总依据", "公共服务满意度反馈与改进机制（和组发〔2026〕3号） 第五条"),
    ]
