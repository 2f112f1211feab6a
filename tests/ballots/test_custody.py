"""Custody: two halves, two folders, nothing that opens afterwards (T37-T43, T142)."""

import os
import stat

import pytest
from django.conf import settings

from audit import keyring
from ballots import actions, custody, sealing
from ballots.errors import BoxNotReady, HalfKeyMissing, KeyMismatch
from ballots.models import BallotBox, Envelope
from tests.ballots import world
from tests.ballots.world import KAIFENGDAO

pytestmark = pytest.mark.django_db


def test_half_keys_lie_in_two_folders_for_the_owner_only():
    box = world.set_up()
    first, second = custody.half_key_paths(box.pk)
    assert first.parent != second.parent
    assert first.read_bytes() == second.read_bytes()
    assert len(first.read_bytes()) == 16
    assert [stat.S_IMODE(path.stat().st_mode) for path in (first, second)] == [
        0o600
    ] * 2
    assert [stat.S_IMODE(f.stat().st_mode) for f in settings.HALF_KEYS] == [0o700] * 2


def test_recovered_pair_fits_the_public_key():
    box = world.set_up()
    assert custody.recover(box).public == bytes(box.public_key)
    assert custody.rehearse(box)


def test_boxes_share_no_key():
    one, other = world.set_up(), world.set_up()
    assert bytes(one.public_key) != bytes(other.public_key)
    assert custody.half_key(one.pk) != custody.half_key(other.pk)


def test_private_key_is_derived_as_specified():
    box_id, secret = world.set_up().pk, bytes(range(16))
    expected = custody.crypto.derive(secret, salt=box_id.bytes, info=b"minping.box.v1")
    assert custody.key_pair(box_id, secret) == sealing.key_pair(expected)


def test_one_lost_copy_is_survived_but_does_not_open_voting():
    box = world.set_up()
    world.issue(box, KAIFENGDAO)
    first, _second = custody.half_key_paths(box.pk)
    first.unlink()
    assert custody.recover(box).public == bytes(box.public_key)
    with pytest.raises(BoxNotReady, match="half-key"):
        actions.open_voting(box=box, by=world.HEAD, at=world.NOON)


def test_copies_that_differ_do_not_open_voting():
    box = world.set_up()
    world.issue(box, KAIFENGDAO)
    custody.half_key_paths(box.pk)[1].write_bytes(bytes(16))
    with pytest.raises(BoxNotReady, match="half-key"):
        actions.open_voting(box=box, by=world.HEAD, at=world.NOON)


def test_without_any_copy_nothing_opens():
    box = world.set_up()
    custody.destroy_half_key(box.pk)
    with pytest.raises(HalfKeyMissing):
        custody.recover(box)


def test_wrong_half_key_opens_nothing():
    box = world.set_up()
    for path in custody.half_key_paths(box.pk):
        path.write_bytes(bytes(16))
    with pytest.raises(KeyMismatch):
        custody.recover(box)


def test_wrong_wrapping_key_opens_nothing(settings, tmp_path):
    box = world.set_up()
    keyring.make_missing(tmp_path)
    settings.KEYS = tmp_path
    with pytest.raises(KeyMismatch):
        custody.recover(box)


def test_secret_of_another_box_opens_nothing():
    one, other = world.set_up(), world.set_up()
    one.wrapped_secret = other.wrapped_secret
    with pytest.raises(KeyMismatch):
        custody.recover(one)


def test_other_public_key_stops():
    box = world.set_up()
    box.public_key = sealing.key_pair(os.urandom(32)).public
    with pytest.raises(KeyMismatch):
        custody.recover(box)


def test_destroyed_means_destroyed():
    """A backup from before the opening and every key but H: nothing decrypts (T142)."""
    box, codes = world.open_with(*[KAIFENGDAO] * 10)
    world.vote_all(box, codes)
    world.close(box)
    backup = BallotBox.objects.get(pk=box.pk)
    sealed = [
        bytes(papers) for papers in Envelope.objects.values_list("papers", flat=True)
    ]
    keys = custody.recover(backup)
    assert all(sealing.open_paper(keys, papers) for papers in sealed)

    world.open_up(box)
    actions.finish_opened(box=box, by=world.CLERK, at=world.TECHNICAL_CLOSE)
    with pytest.raises(HalfKeyMissing):
        custody.recover(backup)
    # Guessing H: a wrong half gives no secret, and no wrong secret gives the key.
    custody.store_half_key(box.pk, os.urandom(16))
    with pytest.raises(KeyMismatch):
        custody.recover(backup)


def test_left_over_half_keys_of_destroyed_boxes_are_swept(
    django_capture_on_commit_callbacks,
):
    gone, kept = world.set_up(), world.set_up()
    actions.destroy_box(
        box=gone, reason="重设", by=world.CLERK, at=world.NOON, second=world.HEAD
    )
    paths = custody.half_key_paths(gone.pk)
    assert [path.exists() for path in paths] == [True, True]
    assert actions.sweep_half_keys() == 1
    assert [path.exists() for path in paths] == [False, False]
    assert custody.half_keys_agree(kept.pk)
    assert actions.sweep_half_keys() == 0
