"""What runs by the clock: each job asks what is due and calls one verb (R17, R18)."""

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from typing import Any

from celery import shared_task
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.actions import SYSTEM
from ballots.actions import sweep_half_keys
from ballots.errors import BallotError, NotYet
from ballots.queries import boxes_to_finish
from jobs.kinds import Kind, Unit, register
from jobs.recording import never_mind, part
from jobs.sending import hand_out
from surveys import actions
from surveys.actions import RoundError, WrongState
from surveys.models import Round, RoundQuerySet
from surveys.purging import RULES
from surveys.queries import boxes_due
from surveys.refusals import REFUSALS, told

logger = logging.getLogger(__name__)
OPEN, CLOSE = "surveys.open_round", "surveys.close_round"
OPEN_BOX = "surveys.open_due_box"
PURGE = "surveys.purge_round"
FINISH, RELEASE = "surveys.finish_box", "surveys.release_round_reserve"


@shared_task(name="surveys.open_due_rounds")
def open_due_rounds() -> None:
    now = timezone.now()
    _each(OPEN, Round.objects.due_to_open(at=now), actions.open_round, at=now)


@shared_task(name="surveys.close_due_rounds")
def close_due_rounds() -> None:
    now = timezone.now()
    _each(CLOSE, _due_to_close(at=now), actions.close_round, at=now)


@shared_task(name="surveys.open_due_boxes")
def open_due_boxes() -> None:
    """One message per box: an opening is long, and each is its own transaction."""
    now = timezone.now()
    for survey_round in boxes_due(at=now):
        hand_out(OPEN_BOX, survey_round.pk, at=now)


@shared_task(name=OPEN_BOX)
def open_due_box(round_id: int) -> None:
    now = timezone.now()
    due = [found for found in boxes_due(at=now) if found.pk == round_id]
    if not due:
        logger.info("Round %s is gone or not to be opened: nothing to do", round_id)
        return
    try:
        actions.open_round_box(survey_round=due[0], by=SYSTEM, at=now)
    except (WrongState, NotYet):
        if Round.objects.closed().filter(pk=round_id).exists():
            raise
        # Another worker has opened it in the meantime.
        never_mind()


@shared_task(name="surveys.finish_opened_boxes")
def finish_opened_boxes() -> None:
    _each(FINISH, _to_finish(), actions.finish_round_box, at=timezone.now())
    sweep_half_keys()


@shared_task(name="surveys.release_reserve")
def release_reserve() -> None:
    _each(RELEASE, Round.objects.open(), actions.release_reserve, at=timezone.now())


@shared_task(name="surveys.purge_rounds")
def purge_rounds() -> None:
    """Every limit of T96 that a round has; rule by rule, round by round."""
    now = timezone.now()
    for rule in RULES:
        _each(PURGE, rule.due(now), rule.act, at=now)


def _each(
    job: str, rounds: RoundQuerySet, verb: Callable[..., object], *, at: dt.datetime
) -> None:
    """Call the verb for every round; one that refuses is logged and skipped."""
    for survey_round in rounds.order_by("pk"):
        try:
            with part(job, survey_round.pk):
                verb(survey_round=survey_round, by=SYSTEM, at=at)
        except (RoundError, BallotError) as error:
            logger.warning(
                "Round %s: %s refused (%s)",
                survey_round.code,
                verb.__name__,
                type(error).__name__,
                exc_info=error,
            )


def _due_to_close(*, at: dt.datetime) -> RoundQuerySet:
    due = Round.objects.due_to_close(at=at).select_related("box")
    late = [found.pk for found in due if found.ballot_box.technical_close <= at]
    return Round.objects.filter(pk__in=late)


def _to_finish() -> RoundQuerySet:
    return Round.objects.filter(box__in=boxes_to_finish())


def _to_purge(*, at: dt.datetime) -> list[Round]:
    found = {waiting.pk: waiting for rule in RULES for waiting in rule.due(at)}
    return [found[pk] for pk in sorted(found)]


def _unit(round_id: int) -> Unit:
    found = Round.objects.select_related("division").filter(pk=round_id).first()
    return _unit_of(found) if found else Unit((round_id,), str(round_id))


def _unit_of(found: Round) -> Unit:
    return Unit((found.pk,), str(found), found.division_id)


def _waiting(
    rounds: Callable[[dt.datetime], Iterable[Round]],
) -> Callable[[dt.datetime], list[Unit]]:
    return lambda at: [_unit_of(found) for found in rounds(at)]


def _kind(name: str, title: str | Promise, **fields: Any) -> Kind:
    return Kind(name, title, unit=_unit, refusals=REFUSALS, told=told, **fields)


register(
    Kind("surveys.open_due_rounds", _("开始到时间的测评")),
    Kind("surveys.close_due_rounds", _("截止到时间的测评")),
    Kind("surveys.open_due_boxes", _("找出要开的票箱")),
    Kind("surveys.finish_opened_boxes", _("销毁开过的票箱的钥匙")),
    Kind("surveys.release_reserve", _("放出备用住户")),
    Kind("surveys.purge_rounds", _("清除测评里到期的资料")),
    _kind(
        OPEN,
        _("测评开始"),
        due=_waiting(lambda at: Round.objects.due_to_open(at=at)),
        sweep="surveys.open_due_rounds",
    ),
    _kind(
        CLOSE,
        _("测评截止"),
        due=_waiting(lambda at: _due_to_close(at=at)),
        sweep="surveys.close_due_rounds",
    ),
    _kind(OPEN_BOX, _("开箱"), due=_waiting(lambda at: boxes_due(at=at))),
    _kind(
        FINISH,
        _("销毁票箱钥匙"),
        due=_waiting(lambda at: _to_finish()),
        sweep="surveys.finish_opened_boxes",
    ),
    _kind(
        PURGE,
        _("清除到期的资料（一次测评）"),
        due=_waiting(lambda at: _to_purge(at=at)),
        sweep="surveys.purge_rounds",
    ),
    _kind(RELEASE, _("放出备用住户（一次测评）"), sweep="surveys.release_reserve"),
)
