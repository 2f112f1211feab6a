"""The whole district: three groups, a ranked quarter, and a month that waits.

Sixty-four secretaries, two of them too new for a figure; a street that stays below
its target; a month of which two groups are reviewed and one waits; an appeal that was
upheld, so that a second version stands beside the first.
"""

import datetime as dt

from django.utils import timezone

from accounts.models import User
from audit.actions import SYSTEM
from demo import assessment, rounds
from demo.assessment import LIVING
from demo.calendar import Term, first_day
from demo.months import (
    publication_days,
    tell_figures,
    tell_publication,
    working_days_after,
)
from demo.people import APPELLANT, RATED_COMMUNITY, REVIEWER
from evaluations import actions
from evaluations.models import Appeal, MonthlyRating, PublicityNotice
from evaluations.peers import members_of_month
from evaluations.scoring.window import Month
from officials.actions import appoint, end_appointment
from officials.models import Appointment, Division, Official
from surveys.models import Round

# Communities whose secretary is new: months in post at the last reading, and who came.
NEW_SECRETARIES = (
    ("120101001004", 1, "柯明远", "ke mingyuan"),
    ("120101001008", 2, "阮青禾", "ruan qinghe"),
)
SHARES = {"120101006": 0.9}
RETURNED_BECAUSE = "电话访问这个月偏多，请第三方说明后再复核。"
EVIDENCE = (
    "这个月的信晚送了九天，很多住户没有赶上。"
    "信件交接单和邮戳照片见社区收发室登记第 12 页。"
)
SET_ASIDE_BECAUSE = "信件晚送九天，过程有误，本社区该月的答卷不计"
CORRECTED = "按申诉复核结论更正"
# Working days from the publication to the answer, and from there to the correction.
ANSWER_AFTER, CORRECTION_AFTER = 3, 1


def change_hands(terms: list[Term], *, at: dt.datetime) -> None:
    """Two new secretaries: one has too few answers for anybody, one for the public."""
    last = terms[-1].month
    for community, months, name, sort_key in NEW_SECRETARIES:
        starts_on = first_day(last.plus(1 - months))
        old = Appointment.objects.get(
            post__organization__division_id=community, ends_on=None
        )
        end_appointment(
            appointment=old, ends_on=starts_on, reason="调任（演示）", by=SYSTEM, at=at
        )
        appoint(
            official=Official.objects.create(name=name, sort_key=sort_key),
            post=old.post,
            starts_on=starts_on,
            by=SYSTEM,
            at=at,
        )


def tell_month(
    setting: rounds.Setting, term: Term, *, last: Term, today: dt.date
) -> None:
    """A closed month; of the quarter's the appeal too; the last one waits."""
    at, month = tell_figures(setting, term, shares=SHARES), str(term.month)
    if term == last:
        review_most(setting, month, at=at)
        return
    if term.month != last_quarter_month(last):
        tell_publication(setting, month, at=at, today=today)
        return
    _, notice, out = publication_days(at)
    tell_publication(setting, month, at=at, today=timezone.localdate(notice))
    filed = file_appeal(month, district=setting.district)
    actions.publish_month(
        division=setting.district, month=month, by=setting.head, at=out
    )
    answered = working_days_after(out, ANSWER_AFTER)
    uphold(setting, filed, at=answered)
    correct(setting, month, at=working_days_after(answered, CORRECTION_AFTER))


def last_quarter_month(last: Term) -> Month:
    """The newest month with ranks that is published: not the one that waits."""
    month = last.month.plus(-1)
    while not month.closes_quarter:
        month = month.plus(-1)
    return month


def review_most(setting: rounds.Setting, month: str, *, at: dt.datetime) -> None:
    """Two groups are reviewed, the third waits, and one of it was returned."""
    living = members_of_month(month).filter(group__name=LIVING)
    waiting = (
        MonthlyRating.objects.current().under(setting.district.code).of_month(month)
    )
    organizations = living.values("organization")
    others = waiting.exclude(appointment__post__organization__in=organizations)
    actions.review_ratings(ratings=others, by=setting.clerk, at=at)
    rest = waiting.filter(appointment__post__organization__in=organizations)
    first = rest.order_by("community_id").first()
    if first is not None:
        actions.return_rating(
            rating=first, reason=RETURNED_BECAUSE, by=setting.clerk, at=at
        )


def file_appeal(month: str, *, district: Division) -> Appeal:
    """On the notice's last day, by the secretary of one community."""
    notice = PublicityNotice.objects.get(division=district, month=month)
    rating = MonthlyRating.objects.current().get(
        month=month, community_id=RATED_COMMUNITY
    )
    return actions.file_appeal(
        rating=rating,
        ground=Appeal.Ground.PROCESS,
        evidence=EVIDENCE,
        by=User.objects.get(username=APPELLANT),
        at=assessment.moment(notice.ends_on),
    )


def uphold(setting: rounds.Setting, filed: Appeal, *, at: dt.datetime) -> None:
    """Another person finds a fault in the process; two set the month aside (T122)."""
    reviewer = User.objects.get(username=REVIEWER)
    actions.accept_appeal(appeal=filed, by=reviewer, at=at)
    proposed = actions.propose_set_aside(
        appeal=filed,
        survey_round=Round.objects.get(
            division=setting.district, period=filed.rating.month
        ),
        reason=SET_ASIDE_BECAUSE,
        by=reviewer,
        at=at,
    )
    actions.countersign_set_aside(
        set_aside=proposed, digest=proposed.digest, by=setting.head, at=at
    )


def correct(setting: rounds.Setting, month: str, *, at: dt.datetime) -> None:
    """The new revision is reviewed, which shows it to its person, and goes out."""
    district = setting.district
    actions.review_month(
        division=district, month=month, by=setting.clerk, at=at, note=CORRECTED
    )
    actions.publish_month(division=district, month=month, by=setting.head, at=at)


def tell_quarter(setting: rounds.Setting, terms: list[Term], *, today: dt.date) -> None:
    """The office's own assessment beside the residents': the last ranked quarter."""
    last = last_quarter_month(terms[-1])
    months, month = [], last.plus(-2)
    while month <= Month(today.year, today.month):
        months.append(str(month))
        month = month.plus(1)
    office = assessment.Office(setting.district, setting.clerk, setting.head)
    assessment.tell_assessment(office, months=months, today=today)
