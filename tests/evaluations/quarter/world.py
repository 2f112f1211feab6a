"""A district whose heads and workers are assessed by the month and the quarter."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.models import User
from audit.actions import SYSTEM
from evaluations import quarter_actions as verbs
from evaluations.models import (
    AssessmentPeriod,
    AssessmentScheme,
    IndicatorScore,
    Measure,
    ScoreSheet,
)
from evaluations.quarter_calendar import months_of, quarter_span, span
from evaluations.sheets.rules import RegularRules
from officials.actions import appoint
from officials.models import (
    Appointment,
    Division,
    Official,
    Organization,
    PeerGroup,
    PeerGrouping,
    PeerGroupMember,
    Post,
)
from tests.evaluations.quarter.made import BASIS, indicator

MANY = 100
NO_RESIDENTS = "岗位不直接服务居民，经区委同意"
WORK = indicator("work", 100)
ONE_INDICATOR: dict[str, Any] = {
    "posts": ["head"],
    "basis": BASIS,
    "no_residents_because": NO_RESIDENTS,
    "sets": [{"group": "*", "indicators": [WORK]}],
}


def moment(day: dt.date) -> dt.datetime:
    """Noon of a day, here."""
    return timezone.make_aware(dt.datetime.combine(day, dt.time(12)))


class QuarterWorld:
    """One grouping, one scheme, and whoever a test appoints."""

    def __init__(self, *, district: Division, clerk: User, head: User) -> None:
        self.district, self.clerk, self.head = district, clerk, head
        self.grouping = PeerGrouping.objects.create(
            name="区管正职", basis="测试", division=district
        )
        self.scheme = self.make_scheme(ONE_INDICATOR)

    def make_scheme(
        self, mapping: Mapping[str, Any], *, code: str = "regular", version: int = 1
    ) -> AssessmentScheme:
        rules = RegularRules.from_mapping(mapping)
        assert rules.obstacles() == []
        return AssessmentScheme.objects.create(
            code=code,
            version=version,
            name="平时考核办法",
            kind=AssessmentScheme.Kind.REGULAR,
            division=self.district,
            grouping=self.grouping,
            status=AssessmentScheme.Status.IN_FORCE,
            parameters=rules.canonical().decode(),
            digest=bytes.fromhex(rules.digest()),
            frozen_at=timezone.now(),
        )

    def replace_scheme(self, **fields: Any) -> AssessmentScheme:
        """The same scheme with some fields changed: only while nobody has used it."""
        old = self.scheme
        self.scheme = self.make_scheme(
            {**ONE_INDICATOR, **fields}, version=old.version + 1
        )
        AssessmentScheme.objects.filter(pk=old.pk).update(
            status=AssessmentScheme.Status.RETIRED
        )
        return self.scheme

    def group(self, name: str = "街道组") -> PeerGroup:
        found, _ = PeerGroup.objects.get_or_create(grouping=self.grouping, name=name)
        return found

    def appoint(
        self,
        number: int,
        *,
        group: str = "街道组",
        kind: str = Post.Kind.HEAD,
        starts_on: dt.date = dt.date(2024, 1, 1),
    ) -> list[Appointment]:
        """So many appointments in organizations of their own, all in one group."""
        made = [
            self.appoint_one(group=group, kind=kind, starts_on=starts_on)
            for _ in range(number)
        ]
        if number > MANY:
            # What autovacuum does by itself a minute after so many rows came in.
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        return made

    def appoint_one(
        self,
        *,
        group: str = "街道组",
        kind: str = Post.Kind.HEAD,
        starts_on: dt.date = dt.date(2024, 1, 1),
    ) -> Appointment:
        number = Organization.objects.count() + 1
        organization = Organization.objects.create(
            kind=Organization.Kind.DEPARTMENT,
            division=self.district,
            name=f"第{number}单位",
        )
        PeerGroupMember.objects.create(
            grouping=self.grouping,
            group=self.group(group),
            organization=organization,
            starts_on=dt.date(2024, 1, 1),
        )
        post = Post.objects.create(
            organization=organization, kind=kind, title="主要负责人"
        )
        return appoint(
            official=Official.objects.create(name=f"干部{number}"),
            post=post,
            starts_on=starts_on,
            by=SYSTEM,
            at=moment(starts_on),
        )

    # One month and one quarter, by the verbs.

    def open(self, month: str) -> AssessmentPeriod:
        opened = verbs.open_month(
            scheme=self.scheme,
            division=self.district,
            month=month,
            by=SYSTEM,
            at=moment(span(month)[0]),
        )
        return opened.period

    def sheet(self, appointment: Appointment, code: str) -> ScoreSheet:
        """The current sheet of a month, quarter or year."""
        sheets = ScoreSheet.objects.current().with_names()
        return sheets.get(appointment=appointment, period__code=code)

    def enter(
        self,
        appointment: Appointment,
        month: str,
        raw: float | str,
        *,
        indicator: str = "work",
        kinds: Sequence[str] = ("document", "site"),
        by: User | None = None,
    ) -> IndicatorScore:
        return verbs.enter_score(
            sheet=self.sheet(appointment, month),
            indicator=indicator,
            raw=Decimal(str(raw)),
            evidence="台账第 3 页",
            evidence_kinds=kinds,
            by=by or self.clerk,
            at=moment(span(month)[1]),
        )

    def review(self, month: str) -> int:
        """Close the month if it is still open, and review all of it."""
        period = AssessmentPeriod.objects.select_related("division").get(
            code=month, scheme_code=self.scheme.code
        )
        at = moment(span(month)[1])
        if period.state == AssessmentPeriod.State.OPEN:
            verbs.close_month(period=period, by=self.clerk, at=at)
        return verbs.review_month_sheets(
            period=period, sheets=period.sheets.current(), by=self.clerk, at=at
        )

    def period(self, code: str) -> AssessmentPeriod:
        return AssessmentPeriod.objects.select_related("scheme", "division").get(
            code=code, scheme_code=self.scheme.code
        )

    def months(
        self, quarter: str, raws: Mapping[Appointment, float | str | None]
    ) -> None:
        """Three reviewed months in which everybody got the same figure each month."""
        for month in months_of(quarter):
            self.open(month)
            for appointment, raw in raws.items():
                if raw is not None:
                    self.enter(appointment, month, raw)
            self.review(month)

    def rank(
        self, quarter: str, raws: Mapping[Appointment, float | str | None]
    ) -> AssessmentPeriod:
        self.months(quarter, raws)
        period = self.period(quarter)
        verbs.rank_quarter(period=period, by=self.clerk, at=self.after(quarter))
        return self.period(quarter)

    def finish(self, quarter: str) -> list[Measure]:
        """Publicity and the day after it."""
        period = self.period(quarter)
        at = self.after(quarter)
        until = verbs.start_quarter_publicity(
            period=period, starts_on=at.date(), by=self.clerk, at=at
        )
        next_day = moment(until + dt.timedelta(days=1))
        return verbs.finalise_quarter(
            period=self.period(quarter), by=self.head, at=next_day
        )

    def final(
        self, quarter: str, raws: Mapping[Appointment, float | str | None]
    ) -> list[Measure]:
        """A whole quarter up to its end; the measures proposed on that day."""
        self.rank(quarter, raws)
        return self.finish(quarter)

    def after(self, quarter: str) -> dt.datetime:
        return moment(quarter_span(quarter)[1])


def ranks(period: AssessmentPeriod) -> dict[int, tuple[int, int, bool, bool]]:
    """Appointment -> rank, of, tie, is_last."""
    return {
        one.sheet.appointment_id: (one.rank, one.of, one.tie, one.is_last)
        for one in period.ranks.select_related("sheet")
    }
