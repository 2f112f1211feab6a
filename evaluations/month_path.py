"""Where a month stands between the roll-up and its publication, and whose turn it is.

One object for the page: the steps with who and when, the next act, and in words why
its button is not there for the person who looks (T131, domain 3.9).
"""

import datetime as dt
import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.permissions import Permission
from evaluations.access import can
from evaluations.actions.announcing import awaits_notice
from evaluations.actions.publishing import notice_ends_on
from evaluations.models import MonthlyRating, Publication, PublicityNotice, ResultNotice
from officials.models import Division

State = MonthlyRating.State


class Stage(enum.StrEnum):
    """What the month waits for."""

    REVIEW = "review"
    PREVIEW = "preview"
    ANNOUNCE = "announce"
    RUNNING = "running"
    PUBLISH = "publish"
    DONE = "done"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Step:
    """One of the four: `told` says who did it and when, or what is still to come."""

    name: str | Promise
    is_done: bool
    is_now: bool
    told: Sequence[str]


@dataclass(frozen=True, slots=True)
class MonthPath:
    """`reason`: why this person cannot act, "" for whoever can."""

    stage: Stage
    steps: Sequence[Step]
    notice: PublicityNotice | None
    ends_on: dt.date | None
    reason: str

    @property
    def may_act(self) -> bool:
        return not self.reason


ORDER = (Stage.REVIEW, Stage.PREVIEW, Stage.ANNOUNCE, Stage.PUBLISH)
NAMES: dict[Stage, str | Promise] = {
    Stage.REVIEW: gettext_lazy("复核"),
    Stage.PREVIEW: gettext_lazy("本人预览"),
    Stage.ANNOUNCE: gettext_lazy("公示"),
    Stage.PUBLISH: gettext_lazy("发布"),
}
NEEDS = {
    Stage.REVIEW: Permission.RESULT_REVIEW,
    Stage.WITHDRAWN: Permission.RESULT_REVIEW,
    Stage.PREVIEW: Permission.RESULT_REVIEW,
    Stage.ANNOUNCE: Permission.RESULT_PUBLISH,
    Stage.PUBLISH: Permission.RESULT_PUBLISH,
}
# The second person's: not for who reviewed (T92).
BY_ANOTHER = (Stage.ANNOUNCE, Stage.PUBLISH)


def path_of(
    division: Division,
    month: str,
    ratings: Sequence[MonthlyRating],
    *,
    user: User,
    on: dt.date,
) -> MonthPath:
    """`ratings`: the current ones of the month, with their reviewers."""
    ends_on = notice_ends_on(ratings)
    stage = stage_of(ratings, ends_on=ends_on, on=on)
    notices = PublicityNotice.objects.filter(division=division, month=month)
    notice = notices.select_related("started_by").order_by("-number").first()
    return MonthPath(
        stage=stage,
        steps=_steps(division, month, ratings, stage, notice),
        notice=notice,
        ends_on=ends_on,
        reason=_reason(division, ratings, stage, ends_on, user=user),
    )


def stage_of(
    ratings: Collection[MonthlyRating], *, ends_on: dt.date | None, on: dt.date
) -> Stage:
    states = {rating.state for rating in ratings}
    if states == {State.WITHDRAWN}:
        return Stage.WITHDRAWN
    if any(rating.awaits_review for rating in ratings):
        return Stage.REVIEW
    if State.REVIEWED in states:
        return Stage.PREVIEW
    if any(awaits_notice(rating) for rating in ratings):
        return Stage.ANNOUNCE
    if ends_on is not None and on <= ends_on:
        return Stage.RUNNING
    return Stage.PUBLISH if states - {State.PUBLISHED} else Stage.DONE


def _steps(
    division: Division,
    month: str,
    ratings: Collection[MonthlyRating],
    stage: Stage,
    notice: PublicityNotice | None,
) -> list[Step]:
    now = Stage.ANNOUNCE if stage is Stage.RUNNING else stage
    now = Stage.REVIEW if now is Stage.WITHDRAWN else now
    place = len(ORDER) if now is Stage.DONE else ORDER.index(now)
    told = {
        Stage.REVIEW: _reviews(ratings),
        Stage.PREVIEW: _previews(ratings),
        Stage.ANNOUNCE: _notices(notice, stage),
        Stage.PUBLISH: _published(division, month),
    }
    return [
        Step(
            name=NAMES[step],
            is_done=number < place,
            is_now=number == place,
            told=told[step] if number <= place else [],
        )
        for number, step in enumerate(ORDER)
    ]


def _reviews(ratings: Collection[MonthlyRating]) -> list[str]:
    seen = sum(not rating.awaits_review for rating in ratings)
    lines = [_("%(seen)s / %(total)s 项") % {"seen": seen, "total": len(ratings)}]
    names = {one.reviewed_by.name for one in ratings if one.reviewed_by is not None}
    days = [one.reviewed_at for one in ratings if one.reviewed_at is not None]
    if names:
        lines.append(_("、").join(sorted(names)))
        lines.append(_day(max(days)))
    return lines


def _previews(ratings: Collection[MonthlyRating]) -> list[str]:
    given = ResultNotice.objects.filter(rating__in=[one.pk for one in ratings])
    notices = list(given)
    if not notices:
        return []
    seen = sum(notice.seen_at is not None for notice in notices)
    return [
        _("送达 %(number)s 人") % {"number": len(notices)},
        _("已看 %(number)s 人") % {"number": seen},
        _day(max(notice.given_at for notice in notices)),
    ]


def _notices(notice: PublicityNotice | None, stage: Stage) -> list[str]:
    if notice is None or stage in (Stage.ANNOUNCE, Stage.WITHDRAWN):
        return []
    return [
        f"{notice.starts_on} — {notice.ends_on}",
        notice.started_by.name,
    ]


def _published(division: Division, month: str) -> list[str]:
    standing = Publication.objects.standing().filter(division=division, month=month)
    publication = standing.select_related("published_by").first()
    if publication is None:
        return []
    return [
        _("第 %(number)s 版") % {"number": publication.version},
        publication.published_by.name,
        _day(publication.published_at),
    ]


def _day(moment: dt.datetime) -> str:
    return str(timezone.localdate(moment))


def _reason(
    division: Division,
    ratings: Collection[MonthlyRating],
    stage: Stage,
    ends_on: dt.date | None,
    *,
    user: User,
) -> str:
    if stage is Stage.RUNNING and ends_on is not None:
        return _("公示到 %(day)s（含当日）为止，第二天起才能发布。") % {
            "day": date_format(ends_on, "DATE_FORMAT")
        }
    if stage is Stage.DONE:
        return _("这个月的结果已经公开，不能再改；更正只能另发一版。")
    if not can(user, NEEDS[stage], division.code):
        if NEEDS[stage] is Permission.RESULT_REVIEW:
            return _("这一步由组织部科员做，您没有这项权限。")
        return _("这一步由组织部负责人做，您没有这项权限。")
    own = any(rating.reviewed_by_id == user.pk for rating in ratings)
    if stage in BY_ANOTHER and own:
        return _("您复核过其中的结果，这一步要由另一个人做。")
    return ""
