"""What runs by the clock: each job asks what is due and calls one verb (R17, R18)."""

import datetime as dt
import logging
from collections.abc import Callable

from celery import shared_task
from django.utils import timezone

from audit.actions import SYSTEM
from ballots.actions import sweep_half_keys
from ballots.errors import BallotError
from ballots.queries import boxes_to_finish
from surveys import actions
from surveys.actions import RoundError
from surveys.models import Round, RoundQuerySet
from surveys.queries import boxes_due

logger = logging.getLogger(__name__)


@shared_task(name="surveys.open_due_rounds")
def open_due_rounds() -> None:
    now = timezone.now()
    _each(Round.objects.due_to_open(at=now), actions.open_round, at=now)


@shared_task(name="surveys.close_due_rounds")
def close_due_rounds() -> None:
    now = timezone.now()
    due = Round.objects.due_to_close(at=now).select_related("box")
    late = [found.pk for found in due if found.ballot_box.technical_close <= now]
    _each(Round.objects.filter(pk__in=late), actions.close_round, at=now)


@shared_task(name="surveys.open_due_boxes")
def open_due_boxes() -> None:
    """One message per box: an opening is long, and each is its own transaction."""
    for survey_round in boxes_due(at=timezone.now()):
        open_due_box.delay(survey_round.pk)


@shared_task(name="surveys.open_due_box")
def open_due_box(round_id: int) -> None:
    now = timezone.now()
    due = [found.pk for found in boxes_due(at=now) if found.pk == round_id]
    if not due:
        logger.info("Round %s is gone or not to be opened: nothing to do", round_id)
        return
    _each(Round.objects.filter(pk__in=due), actions.open_round_box, at=now)


@shared_task(name="surveys.finish_opened_boxes")
def finish_opened_boxes() -> None:
    left = Round.objects.filter(box__in=boxes_to_finish())
    _each(left, actions.finish_round_box, at=timezone.now())
    sweep_half_keys()


@shared_task(name="surveys.release_reserve")
def release_reserve() -> None:
    _each(Round.objects.open(), actions.release_reserve, at=timezone.now())


def _each(
    rounds: RoundQuerySet, verb: Callable[..., object], *, at: dt.datetime
) -> None:
    """Call the verb for every round; one that refuses is logged and skipped."""
    for survey_round in rounds.order_by("pk"):
        try:
            verb(survey_round=survey_round, by=SYSTEM, at=at)
        except (RoundError, BallotError) as error:
            logger.warning(
                "Round %s: %s refused (%s)",
                survey_round.code,
                verb.__name__,
                type(error).__name__,
                exc_info=error,
            )
