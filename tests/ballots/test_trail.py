"""Every verb leaves its event in its own transaction, or did not happen (T72, T153)."""

import pytest
from django.apps import apps

from audit import verifying
from audit.actions import SYSTEM
from audit.models import AuditEvent
from ballots import actions, casting, opening
from ballots.actions import BoxTerms, boxes, codes
from ballots.models import BallotBox, BallotCode, ReceiptEntry
from tests.ballots import world
from tests.ballots.test_actions import reissue, void
from tests.ballots.world import ANHUILI, CLERK, HEAD, KAIFENGDAO, NOON

pytestmark = pytest.mark.django_db
CLOSE = world.TECHNICAL_CLOSE


class RecorderFailed(Exception):
    pass


def state_of_the_room() -> dict[str, list]:
    models = apps.get_app_config("ballots").get_models()
    return {model.__name__: world.rows_of(model) for model in models}


def make_box_with(state: str) -> tuple[BallotBox, list]:
    box = world.set_up(terms=BoxTerms(void_window_hours=0))
    issued = world.issue(box, *[KAIFENGDAO] * 11)
    if state == "sealed_setup":
        return box, issued
    box = actions.open_voting(box=box, by=HEAD, at=NOON)
    world.vote_all(box, issued[:10])
    if state == "open":
        return box, issued
    box = world.close(box)
    if state == "opened":
        world.open_up(box)
    return box, issued


VERBS = {
    "set_up": ("sealed_setup", lambda box, issued: world.set_up()),
    "issue": ("sealed_setup", lambda box, issued: world.issue(box, ANHUILI)),
    "open_voting": (
        "sealed_setup",
        lambda box, issued: actions.open_voting(box=box, by=HEAD, at=NOON),
    ),
    "void": ("open", lambda box, issued: void(issued[0], second=HEAD)),
    "reissue": ("open", lambda box, issued: reissue(issued[10], second=HEAD)),
    "cast_many": ("open", lambda box, issued: world.vote_all(box, issued[10:])),
    "close": ("open", lambda box, issued: world.close(box)),
    "destroy": (
        "open",
        lambda box, issued: actions.destroy_box(
            box=box, reason="x", by=CLERK, at=NOON, second=HEAD
        ),
    ),
    "list_void": (
        "closed",
        lambda box, issued: void(issued[0], "tampered", second=HEAD),
    ),
    "open": ("closed", lambda box, issued: world.open_up(box)),
    "finish": (
        "opened",
        lambda box, issued: actions.finish_opened(box=box, by=CLERK, at=CLOSE),
    ),
}


@pytest.mark.parametrize("verb", VERBS)
def test_verb_with_a_failing_recorder_changes_nothing(verb: str, monkeypatch):
    state, act = VERBS[verb]
    box, issued = make_box_with(state)
    before = state_of_the_room()

    def fail(*args, **kwargs):
        raise RecorderFailed

    for module in (boxes, codes, casting, opening):
        monkeypatch.setattr(module, "record", fail)
    with pytest.raises(RecorderFailed):
        act(box, issued)
    assert state_of_the_room() == before


def test_trail_is_sound_after_the_whole_story():
    box, _issued = make_box_with("opened")
    actions.finish_opened(box=box, by=SYSTEM, at=CLOSE)
    assert verifying.walk_all().fault is None
    verbs = list(AuditEvent.objects.order_by("seq").values_list("verb", flat=True))
    assert verbs == [
        "text.issued",
        "text.issued",
        "box.set_up",
        "codes.issued",
        "box.voting_opened",
        "ballots.cast_in_bulk",
        "box.closed",
        "checkpoint.issued",
        "box.opened",
        "checkpoint.issued",
        "box.key_destroyed",
    ]
    households = set(map(str, BallotCode.objects.values_list("household", flat=True)))
    assert not any(
        household in data
        for household in households
        for data in AuditEvent.objects.values_list("data", flat=True)
    )
    assert ReceiptEntry.objects.count() == 10
