"""Verbs of the box and its codes (T11 to T14, T23, T35, T92, T153, T158)."""

import datetime as dt
import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from audit.actions import SYSTEM
from audit.models import AuditEvent
from ballots import actions, receipts
from ballots.actions import BoxTerms, Place, boxes, codes
from ballots.errors import (
    BoxNotOpen,
    BoxNotReady,
    CodeVoid,
    HouseholdHasCode,
    SecondPersonNeeded,
    TermsRefused,
    TooEarly,
)
from ballots.models import (
    BallotBox,
    BallotCode,
    Envelope,
    PromiseIsKept,
    PromiseText,
)
from tests.ballots import world
from tests.ballots.world import ANHUILI, CLERK, HEAD, KAIFENGDAO, NOON

pytestmark = pytest.mark.django_db
CLOSE = world.TECHNICAL_CLOSE


def void(issued, reason="lost", *, at=NOON, second=None):
    code = world.code_row(issued)
    actions.void_code(code=code, reason=reason, by=CLERK, at=at, second=second)


def reissue(issued, *, second=None):
    code = world.code_row(issued)
    return actions.reissue_code(
        code=code, reason="lost", by=CLERK, at=NOON, second=second
    )


def last_event() -> tuple[str, str, dict]:
    """Of the verb itself: a checkpoint may follow it."""
    acts = AuditEvent.objects.exclude(verb="checkpoint.issued")
    event = acts.order_by("seq").last()
    return event.verb, event.actor, json.loads(event.data)


# Setting up


def test_box_is_set_up_sealed_with_everything_digested():
    box = world.set_up()
    assert (box.state, box.ending, box.custody) == ("sealed_setup", "", "software")
    assert bytes(box.promise_digest) == bytes(box.promise.digest)
    assert bytes(box.notice_digest) == bytes(box.notice.digest)
    verb, actor, data = last_event()
    assert (verb, actor) == ("box.set_up", "clerk")
    assert data["public_key"] == box.public_key.hex()
    assert data["terms"]["min_open"] == 10


@pytest.mark.parametrize(
    "undercut",
    [
        {"min_open": 9},
        {"min_open": 101},
        {"store_floor": 4},
        {"grace_minutes": 9},
        {"paper_days": 6},
        {"void_window_hours": 241},
        {"paper_slots": 0},
        {"text_slots": 4},
        {"reissue_permille": 51},
        {"custody": "custodians"},
    ],
)
def test_floor_is_not_undercut(undercut):
    with pytest.raises(TermsRefused):
        world.set_up(terms=BoxTerms(**undercut))
    assert BallotBox.objects.count() == 0


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("min_open = 9", "box_min_open_10_to_100"),
        ("store_floor = 4", "box_store_floor_5_to_20"),
        ("grace_minutes = 9", "box_grace_10_to_120"),
        ("paper_days = 6", "box_paper_days_0_to_5"),
        ("void_window_hours = 241", "box_void_window_0_to_240"),
        ("paper_slots = 5", "box_paper_slots_1_to_4"),
        ("text_slots = 4", "box_text_slots_0_to_3"),
        ("reissue_permille = 51", "box_reissue_0_to_50_permille"),
        ("custody = 'nobody'", "box_custody_known"),
        ("purpose = 'raffle'", "box_purpose_known"),
        ("state = 'ajar'", "box_ending_told"),
        ("state = 'destroyed', ending = 'annulled'", "box_secret_while_sealed"),
        ("wrapped_secret = NULL", "box_secret_while_sealed"),
        ("state = 'closed'", "box_roots_from_close"),
        ("receipts_root = '\\x00'", "box_roots_from_close"),
        ("ending = 'annulled'", "box_ending_told"),
    ],
)
def test_database_keeps_the_terms_of_a_box(change: str, constraint: str):
    """Beside the verbs, as a database user would (T11, T158)."""
    world.set_up()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        world.sql(f"UPDATE ballots_ballotbox SET {change}")


@pytest.mark.parametrize("field", sorted(BallotBox.FIXED))
def test_promised_field_is_never_updated(field: str):
    box = world.set_up()
    with pytest.raises(PromiseIsKept):
        BallotBox.objects.filter(pk=box.pk).update(**{field: getattr(box, field, None)})


def test_box_is_not_saved_from_elsewhere():
    box = world.set_up()
    box.min_open = 11
    with pytest.raises(PromiseIsKept):
        box.save()


def test_promise_is_not_rewritten():
    text = world.set_up().promise
    with pytest.raises(PromiseIsKept):
        text.save()
    with pytest.raises(PromiseIsKept):
        text.delete()
    with pytest.raises(PromiseIsKept):
        PromiseText.objects.update(zh="别的话")
    with pytest.raises(PromiseIsKept):
        PromiseText.objects.all().delete()


# Codes


def test_codes_are_issued_in_order_and_stored_as_hashes():
    box = world.set_up()
    places = [Place(uuid4(), stratum) for stratum in (KAIFENGDAO, ANHUILI, KAIFENGDAO)]
    issued = actions.issue_codes(box=box, places=iter(places), by=CLERK, at=NOON)
    assert [Place(one.household, one.stratum) for one in issued] == places
    assert len({one.code for one in issued}) == 3
    row = world.code_row(issued[0])
    assert (row.box, row.state, row.household) == (box, "issued", places[0].household)
    assert bytes(row.code_hash) == codes.codes.code_hash(issued[0].code).digest
    verb, _actor, data = last_event()
    assert verb == "codes.issued"
    assert (data["count"], data["by_place"]) == (3, {KAIFENGDAO: 2, ANHUILI: 1})
    assert str(places[0].household) not in json.dumps(data)


def test_issued_code_does_not_print_itself():
    (issued,) = world.issue(world.set_up(), KAIFENGDAO)
    assert issued.code not in repr(issued)
    assert issued.receipt not in repr(issued)


def test_household_has_one_live_code_per_box():
    box, household = world.set_up(), uuid4()
    places = [Place(household, KAIFENGDAO)]
    actions.issue_codes(box=box, places=places, by=CLERK, at=NOON)
    with pytest.raises(HouseholdHasCode):
        actions.issue_codes(box=box, places=places, by=CLERK, at=NOON)
    assert BallotCode.objects.count() == 1
    actions.issue_codes(box=world.set_up(), places=places, by=CLERK, at=NOON)
    assert BallotCode.objects.filter(household=household).count() == 2


def test_meeting_slips_have_no_household_and_no_limit():
    box = world.set_up(purpose="meeting")
    places = [Place(None, "hall")] * 5
    issued = actions.issue_codes(box=box, places=places, by=CLERK, at=NOON)
    assert len({one.code_id for one in issued}) == 5
    assert set(BallotCode.objects.values_list("slot_key", "household")) == {
        (None, None)
    }


def test_reserve_gets_codes_while_the_box_is_open_and_not_after():
    box, _codes = world.open_with(KAIFENGDAO)
    assert len(world.issue(box, ANHUILI)) == 1
    with pytest.raises(BoxNotOpen):
        actions.issue_codes(
            box=box, places=[Place(uuid4(), ANHUILI)], by=CLERK, at=CLOSE
        )
    world.close(box)
    with pytest.raises(BoxNotOpen):
        world.issue(box, ANHUILI)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'lost'", "code_state_and_reason"),
        ("void_reason = 'lost'", "code_state_and_reason"),
        ("state = 'void', slot_key = NULL", "code_state_and_reason"),
        ("state = 'void', void_reason = 'lost'", "code_state_and_reason"),
        ("slot_key = NULL", "code_slot_while_live"),
        ("household = NULL", "code_slot_while_live"),
        ("stratum = ''", "code_has_stratum"),
        ("code_hash = '\\x00'", "code_hash_unique"),
        ("slot_key = 'one'", "code_one_live_per_household"),
    ],
)
def test_database_keeps_the_promises_of_codes(change: str, constraint: str):
    world.issue(world.set_up(), KAIFENGDAO, KAIFENGDAO)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        world.sql(f"UPDATE ballots_ballotcode SET {change}")


def test_database_keeps_one_envelope_per_code():
    _box, (code,) = world.open_with(KAIFENGDAO)
    world.vote(code, 5)
    twin = Envelope.objects.get()
    twin.pk, twin.receipt_hash = uuid4(), bytes(32)
    one_per_code = pytest.raises(IntegrityError, match="envelope_one_per_code")
    with one_per_code, transaction.atomic():
        twin.save(force_insert=True)


# Open


def test_voting_opens_for_the_second_person():
    box = world.set_up()
    world.issue(box, KAIFENGDAO)
    opened = actions.open_voting(box=box, by=HEAD, at=NOON)
    assert (opened.state, world.fresh(box).state) == ("open", "open")
    assert last_event() == (
        "box.voting_opened",
        "head",
        {"codes": 1, "rehearsed": True},
    )


def ready_box(**changes) -> BallotBox:
    box = world.set_up(**changes)
    world.issue(box, KAIFENGDAO)
    return box


def break_trail(_box) -> None:
    world.sql("UPDATE audit_auditevent SET actor = 'nobody' WHERE seq = 1")


def change_promise(_box) -> None:
    world.sql("UPDATE ballots_promisetext SET zh = zh || ' 除非'")


def small_class(box) -> None:
    places = [Place(uuid4(), KAIFENGDAO, "辖区单位") for _unit in range(4)]
    actions.issue_codes(box=box, places=places, by=CLERK, at=NOON)


@pytest.mark.parametrize(
    ("spoil", "missing"),
    [
        (lambda box: box.codes.all().delete(), "no code"),
        (break_trail, "audit chain"),
        (change_promise, "promise"),
        (small_class, "voter classes"),
        (lambda box: world.open_with(KAIFENGDAO) and box, None),
    ],
)
def test_voting_opens_only_when_everything_is_there(
    spoil: Callable, missing: str | None
):
    box = ready_box()
    spoil(box)
    if missing is None:
        assert actions.open_voting(box=box, by=HEAD, at=NOON).state == "open"
        return
    with pytest.raises(BoxNotReady, match=missing):
        actions.open_voting(box=box, by=HEAD, at=NOON)
    assert world.fresh(box).state == "sealed_setup"


def test_voting_opens_once_and_before_the_deadline():
    box = ready_box()
    with pytest.raises(BoxNotReady, match="deadline"):
        actions.open_voting(box=box, by=HEAD, at=world.CLOSES)
    actions.open_voting(box=box, by=HEAD, at=NOON)
    with pytest.raises(BoxNotReady, match="open"):
        actions.open_voting(box=box, by=HEAD, at=NOON)


# Void and re-issue


def test_voiding_removes_the_envelope_unread_and_frees_the_household():
    _box, (code,) = world.open_with(KAIFENGDAO)
    world.vote(code, 5)
    void(code, "dispute", second=HEAD)
    row = world.code_row(code)
    assert (row.state, row.void_reason, row.slot_key) == ("void", "dispute", None)
    assert Envelope.objects.count() == 0
    verb, _actor, data = last_event()
    assert verb == "code.voided"
    assert data == {"code": str(code.code_id), "reason": "dispute", "second": "head"}

    new = reissue(code, second=HEAD)
    assert (new.household, new.stratum) == (code.household, code.stratum)
    assert new.code != code.code
    assert new.receipt != code.receipt
    assert world.code_row(new).replaces_id == code.code_id
    assert world.vote(new, 1).text == new.receipt


@pytest.mark.parametrize("second", [None, CLERK, SYSTEM])
def test_used_code_is_voided_by_two_persons_only(second):
    _box, (code,) = world.open_with(KAIFENGDAO)
    world.vote(code, 5)
    with pytest.raises(SecondPersonNeeded):
        void(code, second=second)
    assert Envelope.objects.count() == 1


def test_unused_code_is_voided_by_one_person():
    _box, (code,) = world.open_with(KAIFENGDAO)
    void(code)
    assert world.code_row(code).state == "void"
    with pytest.raises(CodeVoid):
        void(code)


def test_unknown_reason_is_refused():
    _box, (code,) = world.open_with(KAIFENGDAO)
    with pytest.raises(ValueError, match="low_mark"):
        void(code, "low_mark")
    assert world.code_row(code).state == "issued"


def test_reissue_voids_a_live_code_first():
    _box, issued = world.open_with(*[KAIFENGDAO] * 100)
    new = reissue(issued[0])
    assert world.code_row(issued[0]).state == "void"
    assert world.code_row(new).state == "issued"


def test_code_is_replaced_once():
    _box, (code,) = world.open_with(KAIFENGDAO)
    reissue(code, second=HEAD)
    with pytest.raises(HouseholdHasCode):
        reissue(code, second=HEAD)
    assert BallotCode.objects.count() == 2


def test_many_reissues_of_a_community_need_two_persons():
    """One in a hundred by one person, the next by two; other communities apart."""
    _box, issued = world.open_with(*[KAIFENGDAO] * 100, *[ANHUILI] * 100)
    reissue(issued[0])
    with pytest.raises(SecondPersonNeeded):
        reissue(issued[1])
    reissue(issued[1], second=HEAD)
    reissue(issued[100])


# Close


def test_box_is_closed_at_the_technical_close_and_not_before():
    box, _codes = world.open_with(KAIFENGDAO, terms=BoxTerms(paper_days=2))
    due = world.CLOSES + dt.timedelta(minutes=30, days=2)
    with pytest.raises(TooEarly) as early:
        actions.close_box(box=box, by=SYSTEM, at=due - dt.timedelta(seconds=1))
    assert early.value.allowed_at == due
    assert actions.close_box(box=box, by=SYSTEM, at=due).state == "closed"


def test_chair_closes_a_meeting_when_the_vote_is_over():
    box, _codes = world.open_with(KAIFENGDAO, purpose="meeting")
    assert actions.close_box(box=box, by=CLERK, at=NOON).state == "closed"


def test_closing_fixes_counts_and_roots():
    box, issued = world.open_with(*[KAIFENGDAO] * 12)
    for code in issued[:10]:
        world.vote(code, 5)
    void(issued[11])
    closed = world.close(box)
    assert closed.counts == {"issued": 1, "used": 10, "void": 1}
    assert bytes(closed.envelopes_root) == boxes.envelopes_root(box)
    assert bytes(closed.receipts_root) == receipts.root_of_list(box)
    verb, _actor, data = last_event()
    assert verb == "box.closed"
    assert (data["envelopes"], data["used"]) == (10, 10)
    assert data["envelopes_root"] == closed.envelopes_root.hex()


def test_closing_twice_changes_nothing():
    box, _codes = world.open_with(KAIFENGDAO)
    first, events = world.close(box), AuditEvent.objects.count()
    again = actions.close_box(box=box, by=CLERK, at=CLOSE + dt.timedelta(days=1))
    assert bytes(again.envelopes_root) == first.envelopes_root
    assert AuditEvent.objects.count() == events


def test_box_that_never_opened_is_not_closed():
    with pytest.raises(BoxNotOpen):
        world.close(ready_box())


# Void list of a closed box


def test_used_code_of_a_closed_box_is_only_listed():
    terms = BoxTerms(void_window_hours=24)
    box, issued = world.open_with(*[KAIFENGDAO] * 2, terms=terms)
    world.vote(issued[0], 5)
    world.close(box)
    within = CLOSE + dt.timedelta(hours=23)
    with pytest.raises(SecondPersonNeeded):
        void(issued[0], "stolen", at=within)
    void(issued[0], "stolen", at=within, second=HEAD)
    row = world.code_row(issued[0])
    assert (row.state, row.void_reason) == ("used", "stolen")
    assert Envelope.objects.count() == 1
    with pytest.raises(CodeVoid):
        void(issued[0], "stolen", at=within, second=HEAD)
    with pytest.raises(BoxNotOpen):
        void(issued[1], "stolen", at=within, second=HEAD)


def test_void_list_ends_with_its_window():
    terms = BoxTerms(void_window_hours=24)
    box, (code,) = world.open_with(KAIFENGDAO, terms=terms)
    world.vote(code, 5)
    world.close(box)
    with pytest.raises(BoxNotOpen):
        void(code, "stolen", at=CLOSE + dt.timedelta(hours=24), second=HEAD)


def test_nothing_is_reissued_after_close():
    box, (code,) = world.open_with(KAIFENGDAO)
    world.close(box)
    with pytest.raises(BoxNotOpen):
        reissue(code, second=HEAD)


# Destroy


@pytest.mark.parametrize("state", ["sealed_setup", "open", "closed"])
def test_two_persons_annul_a_box_unopened(state, django_capture_on_commit_callbacks):
    box = world.set_up()
    issued = world.issue(box, *[KAIFENGDAO] * 10)
    if state != "sealed_setup":
        actions.open_voting(box=box, by=HEAD, at=NOON)
        world.vote_all(box, issued)
    if state == "closed":
        world.close(box)
    with pytest.raises(SecondPersonNeeded):
        actions.destroy_box(box=box, reason="名册有误", by=CLERK, at=CLOSE)
    paths = boxes.custody.half_key_paths(box.pk)
    with django_capture_on_commit_callbacks(execute=True):
        actions.destroy_box(box=box, reason="名册有误", by=CLERK, at=CLOSE, second=HEAD)
        assert [path.exists() for path in paths] == [True, True]
    gone = world.fresh(box)
    assert (gone.state, gone.ending, gone.ending_note) == (
        "destroyed",
        "annulled",
        "名册有误",
    )
    assert gone.wrapped_secret is None
    assert Envelope.objects.count() == 0
    assert [path.exists() for path in paths] == [False, False]


def test_opened_box_is_not_annulled():
    box, issued = world.open_with(*[KAIFENGDAO] * 10)
    world.vote_all(box, issued)
    world.close(box)
    world.open_up(box)
    with pytest.raises(BoxNotOpen):
        actions.destroy_box(box=box, reason="x", by=CLERK, at=CLOSE, second=HEAD)


def test_box_is_not_finished_before_it_is_opened():
    box, _codes = world.open_with(KAIFENGDAO)
    world.close(box)
    assert actions.finish_opened(box=box, by=SYSTEM, at=CLOSE).state == "closed"
    assert boxes.custody.half_keys_agree(box.pk)
