"""What a round may not keep: every limit is one rule, run at night (T96, T101, T102).

A rule asks the rows what is past its limit, so a night that was missed is made up for
and running twice is harmless. What figures still need lives on as counts, written in
the same transaction before the rows go. While a box is sealed nothing of its round is
due: an opening needs its codes.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from audit.actions import Actor, record
from ballots.actions import unlink_box
from surveys import comments
from surveys.actions.drawing import months_apart
from surveys.actions.states import hold
from surveys.blackouts import blacked
from surveys.models import (
    Comment,
    CommentQuerySet,
    Countersignature,
    DrawStratum,
    OpenedResponse,
    RecusedHousehold,
    Round,
    RoundQuerySet,
    SampledHousehold,
)

# T96. Where a round is never published, its close counts.
AFTER_PUBLICATION = dt.timedelta(days=30)
LINK_AFTER_CLOSE = dt.timedelta(days=120)
OUTCOMES_AFTER_CLOSE = dt.timedelta(days=90)
WORDS_AFTER_PUBLICATION = dt.timedelta(days=180)
WORDS_AFTER_CLOSE = LINK_AFTER_CLOSE + WORDS_AFTER_PUBLICATION
DRAWN_MONTHS = 12
ANSWER_YEARS = 5
OVER = (Round.State.TALLIED, Round.State.PUBLISHED, Round.State.ANNULLED)
State = SampledHousehold.State


@dataclass(frozen=True, slots=True)
class Rule:
    """`due`: rounds past the limit at a moment; `act` removes, and counts the rows."""

    name: str
    due: Callable[[dt.datetime], RoundQuerySet]
    act: Callable[..., int]


@transaction.atomic
def unlink_round(*, survey_round: Round, by: Actor, at: dt.datetime) -> int:
    """Codes go; nobody can say any more who took part (T102). How many."""
    survey_round = hold(survey_round, *OVER)
    # A voiding names the drawn household that it was about.
    acts = Countersignature.objects.filter(round=survey_round)
    acts.exclude(subject="").update(subject="", label="")
    return unlink_box(box=survey_round.ballot_box, by=by, at=at)


@transaction.atomic
def forget_outcomes(*, survey_round: Round, by: Actor, at: dt.datetime) -> int:
    """Submitted, refused and the like become counts of their stratum (M24).

    That a household was drawn stays: it rests for a year (M20).
    """
    survey_round = hold(survey_round, *OVER)
    households = SampledHousehold.objects.of_round(survey_round)
    counts: dict[int, dict[str, int]] = {}
    groups = households.released().order_by().values_list("stratum_id", "disposition")
    for stratum_id, disposition, number in groups.annotate(number=Count("pk")):
        counts.setdefault(stratum_id, {})[disposition] = number
    strata = DrawStratum.objects.filter(draw__round=survey_round, final__isnull=True)
    for stratum in strata:
        stratum.final = counts.get(stratum.pk, {})
    DrawStratum.objects.bulk_update(strata, ["final"])
    gone = households.released().update(
        state=State.RELEASED, disposition="", slip_batch=None
    )
    _tell("round.outcomes_forgotten", survey_round, gone, by=by, at=at)
    return gone


@transaction.atomic
def forget_draw(*, survey_round: Round, by: Actor, at: dt.datetime) -> int:
    """Which households were drawn, or left out before the draw; how many."""
    survey_round = hold(survey_round, *OVER)
    gone, _rows = SampledHousehold.objects.of_round(survey_round).delete()
    recused, _rows = RecusedHousehold.objects.filter(round=survey_round).delete()
    _tell("round.draw_forgotten", survey_round, gone + recused, by=by, at=at)
    return gone + recused


@transaction.atomic
def forget_words(*, survey_round: Round, by: Actor, at: dt.datetime) -> int:
    """What households wrote: gone, or blacked out for good where it was released."""
    survey_round = hold(survey_round, *OVER)
    raw = _raw_words().filter(round=survey_round)
    gone = raw.exclude(review=Comment.Review.PUBLISH).update(
        text=b"", blackouts=[], is_raw=False
    )
    for comment in raw.filter(review=Comment.Review.PUBLISH).select_for_update():
        _blacken(comment)
        gone += 1
    _tell("round.words_forgotten", survey_round, gone, by=by, at=at)
    return gone


@transaction.atomic
def forget_answers(*, survey_round: Round, by: Actor, at: dt.datetime) -> int:
    """Opened rows, five years on; from then on the cells are all there is (M107)."""
    survey_round = hold(survey_round, Round.State.PUBLISHED)
    gone, _rows = OpenedResponse.objects.filter(round=survey_round).delete()
    _tell("round.answers_forgotten", survey_round, gone, by=by, at=at)
    return gone


def due_to_unlink(at: dt.datetime) -> RoundQuerySet:
    with_codes = Round.objects.filter(box__isnull=False, box__unlinked_on=None)
    return with_codes.filter(_past(at, AFTER_PUBLICATION, LINK_AFTER_CLOSE))


def due_to_forget_outcomes(at: dt.datetime) -> RoundQuerySet:
    open_results = DrawStratum.objects.filter(
        draw__round=OuterRef("pk"), final__isnull=True
    )
    past = _past(at, AFTER_PUBLICATION, OUTCOMES_AFTER_CLOSE)
    return Round.objects.filter(past, Exists(open_results))


def due_to_forget_draw(at: dt.datetime) -> RoundQuerySet:
    """From the month on in which none of its households has to rest any more."""
    last = months_apart(f"{timezone.localtime(at):%Y-%m}", -DRAWN_MONTHS)
    drawn = SampledHousehold.objects.filter(stratum__draw__round=OuterRef("pk"))
    recused = RecusedHousehold.objects.filter(round=OuterRef("pk"))
    kept = Exists(drawn) | Exists(recused)
    return Round.objects.filter(kept, state__in=OVER, period__lte=last)


def due_to_forget_words(at: dt.datetime) -> RoundQuerySet:
    raw = Exists(_raw_words().filter(round=OuterRef("pk")))
    past = _past(at, WORDS_AFTER_PUBLICATION, WORDS_AFTER_CLOSE)
    return Round.objects.filter(past, raw)


def due_to_forget_answers(at: dt.datetime) -> RoundQuerySet:
    local = timezone.localtime(at)
    day = min(local.day, 28) if local.month == 2 else local.day
    last = local.replace(year=local.year - ANSWER_YEARS, day=day)
    answers = Exists(OpenedResponse.objects.filter(round=OuterRef("pk")))
    return Round.objects.filter(
        answers, state=Round.State.PUBLISHED, published_at__lte=last
    )


RULES = (
    Rule("outcomes", due_to_forget_outcomes, forget_outcomes),
    Rule("link", due_to_unlink, unlink_round),
    Rule("draw", due_to_forget_draw, forget_draw),
    Rule("words", due_to_forget_words, forget_words),
    Rule("answers", due_to_forget_answers, forget_answers),
)


def _past(at: dt.datetime, published: dt.timedelta, closed: dt.timedelta) -> Q:
    """So long after publication, and at most so long after the close."""
    limit = Q(published_at__lte=at - published) | Q(ended_at__lte=at - closed)
    return Q(state__in=OVER) & limit


def _blacken(comment: Comment) -> None:
    """What stands under the black is no longer anywhere; the page reads as before."""
    text = blacked(comments.text_of(comment), comment.blackouts)
    Comment.objects.filter(pk=comment.pk).update(
        text=comments.sealed(text, comment.pk), blackouts=[], is_raw=False
    )


def _raw_words() -> CommentQuerySet:
    return Comment.objects.filter(is_raw=True).exclude(text=b"")


def _tell(
    verb: str, survey_round: Round, rows: int, *, by: Actor, at: dt.datetime
) -> None:
    record(
        verb,
        target=survey_round,
        by=by,
        at=at,
        division=survey_round.division_id,
        data={"code": survey_round.code, "rows": rows},
    )
