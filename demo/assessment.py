"""The quarter of the demo: what the office assesses, and what the rules propose.

Every weight and threshold here is invented and marked 演示; no source prints one
(domain 9). The residents' part comes from the published month, not from here.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from audit.actions import SYSTEM, record
from evaluations import quarter_actions as verbs
from evaluations.models import (
    AssessmentPeriod,
    AssessmentScheme,
    Measure,
    SchemeBasis,
)
from evaluations.quarter_calendar import months_of, quarter_of, span
from evaluations.scheme_actions import enter_rule
from evaluations.sheets.rules import RegularRules
from officials.models import Division, PeerGroup, PeerGrouping, Post
from officials.working_days import add_working_days

CODE = "community-regular"
NAME = "社区党委书记平时考核办法（演示）"
BASIS = "演示办法〔2026〕1号"
ISSUED_BY = "中共和平区委组织部（演示）"
ISSUED_BEFORE = dt.timedelta(days=30)
SHOPPING, HISTORY, LIVING = "商业街区组", "历史街区组", "居住街区组"
EVIDENCE = {
    "conduct": "述职评议会计票表",
    "requests": "诉求办理台账",
    "visits": "走访记录本",
    "market": "商户走访统计表",
    "renewal": "旧楼区改造月报",
}
# One scored from a single kind of evidence is marked so at review (B3).
KINDS = {"market": ("records",)}


@dataclass(frozen=True, slots=True)
class Office:
    """Who assesses, and where."""

    district: Division
    clerk: User
    head: User


def tell_assessment(office: Office, *, months: Sequence[str], today: dt.date) -> None:
    """A final quarter, the months after it, and the one that is open now.

    `months`: the three of the last closed quarter, then every month up to today.
    """
    quarter = quarter_of(months[0])
    scheme = put_in_force(office, quarter=quarter, at=moment(span(months[0])[0]))
    for month in months:
        verbs.open_month(
            scheme=scheme,
            division=office.district,
            month=month,
            by=SYSTEM,
            at=moment(span(month)[0]),
        )
        if quarter_of(month) == quarter:
            enter_month(office, month)
    finish_quarter(office, quarter, today=today)


def put_in_force(office: Office, *, quarter: str, at: dt.datetime) -> AssessmentScheme:
    """Version 1 with invented weights, in force from the first month on."""
    rules = RegularRules.from_mapping(rules_of(quarter))
    with transaction.atomic():
        document = enter_rule(
            division=office.district,
            title=NAME,
            number=BASIS,
            issued_by=ISSUED_BY,
            issued_on=timezone.localdate(at) - ISSUED_BEFORE,
            by=office.clerk,
            at=at,
        )
        scheme = AssessmentScheme.objects.create(
            code=CODE,
            version=1,
            name=NAME,
            kind=AssessmentScheme.Kind.REGULAR,
            division=office.district,
            grouping=PeerGrouping.objects.get(division=office.district),
            basis=BASIS,
            status=AssessmentScheme.Status.DRAFT,
            parameters=rules.canonical().decode(),
            digest=bytes.fromhex(rules.digest()),
        )
        SchemeBasis.objects.create(
            scheme=scheme, field=SchemeBasis.WHOLE, document=document
        )
        AssessmentScheme.objects.drafts().filter(pk=scheme.pk).update(
            status=AssessmentScheme.Status.IN_FORCE, frozen_at=at
        )
        scheme.refresh_from_db()
        record(
            "scheme.put_in_force",
            target=scheme,
            by=SYSTEM,
            at=at,
            data={"scheme": scheme.ref, "digest": rules.digest()},
        )
    return scheme


def rules_of(quarter: str) -> dict[str, Any]:
    """Three lists: what does not apply in a group is absent there, never 0 (B1, B2)."""
    return {
        "posts": [Post.Kind.COMMUNITY_SECRETARY.value],
        "basis": BASIS,
        "colors": [
            {
                "color": "yellow",
                "conditions": [{"figure": "total_below", "threshold": "68"}],
            },
            {
                "color": "orange",
                "conditions": [{"figure": "total_below", "threshold": "55"}],
            },
        ],
        "sets": [
            {"group": name, "indicators": list(indicators_of(name, quarter))}
            for name in (SHOPPING, HISTORY, LIVING)
        ],
    }


def indicators_of(group: str, quarter: str) -> Iterator[dict[str, Any]]:
    yield one("conduct", "政治品质、廉洁自律", 15, kind="common", source="meeting")
    yield one("requests", "诉求办结率", 20, source="request_rates")
    yield one("visits", "入户走访", 15, source="visit", full_mark="60", target="40")
    yield one(
        "market",
        "商户服务和营商环境",
        10,
        applies=group == SHOPPING,
        absent_because="" if group == SHOPPING else "本组没有集中商业街区，不考核",
    )
    yield one("renewal", "旧楼区改造", 10, kind="special", quarters=[quarter])
    yield {
        **one("residents", "居民满意度", 30, kind="resident", source="survey"),
        "evidence": ["ballots"],
        "floor": "40",
        "target": "95",
    }


def one(code: str, name: str, weight: int, **fields: Any) -> dict[str, Any]:
    return {
        "code": code,
        "name": name,
        "kind": "specific",
        "weight": weight,
        "evidence": ["records", "site", "document"],
        **fields,
    }


def enter_month(office: Office, month: str) -> None:
    """Figures of everybody in the month, then its review when it is over."""
    period = AssessmentPeriod.objects.select_related("division").get(
        code=month, scheme_code=CODE
    )
    at = moment(span(month)[1] - dt.timedelta(days=3))
    for sheet in period.sheets.current().with_names():
        dice = random.Random(f"assessment {sheet.division_id} {month}")  # noqa: S311
        for code in entered_in(sheet.group):
            verbs.enter_score(
                sheet=sheet,
                indicator=code,
                raw=raw_of(code, sheet.division_id, dice),
                evidence=f"{month} {EVIDENCE[code]}",
                evidence_kinds=KINDS.get(code, ("records", "site")),
                by=office.clerk,
                at=at,
            )
    closed = moment(span(month)[1])
    verbs.close_month(period=period, by=office.clerk, at=closed)
    verbs.review_month_sheets(
        period=period, sheets=period.sheets.current(), by=office.clerk, at=closed
    )


def entered_in(group: PeerGroup) -> tuple[str, ...]:
    shopping = ("market",) if group.name == SHOPPING else ()
    return ("conduct", "requests", "visits", *shopping, "renewal")


def raw_of(code: str, community: str, dice: random.Random) -> Decimal:
    """A community has its own level; months differ a little around it."""
    level = random.Random(f"office {community}").gauss(86, 7)  # noqa: S311
    points = min(max(level + dice.gauss(0, 3), 35), 100)
    most = 60 if code == "visits" else 100
    return (Decimal(points) * most / 100).quantize(Decimal("0.1"))


def finish_quarter(office: Office, quarter: str, *, today: dt.date) -> None:
    """Rank, publicity, final, colours; one proposal is dropped with its reason."""
    after = moment(span(months_of(quarter)[2])[1] + dt.timedelta(days=17))
    period = AssessmentPeriod.objects.select_related("scheme", "division").get(
        code=quarter, scheme_code=CODE
    )
    verbs.rank_quarter(period=period, by=office.clerk, at=after)
    starts_on = add_working_days(after.date(), 1).on
    until = verbs.start_quarter_publicity(
        period=period, starts_on=starts_on, by=office.clerk, at=after
    )
    if until >= today:
        return
    final = moment(until + dt.timedelta(days=1))
    measures = verbs.finalise_quarter(period=period, by=office.head, at=final)
    verbs.propose_colors(period=period, by=office.head, at=final)
    if talks := [one for one in measures if one.kind == Measure.Kind.REMINDER_TALK]:
        verbs.drop_measure(
            measure=talks[0],
            reason="本季六月才到岗，已由街道谈过一次，不再重复（演示）。",
            by=office.head,
            at=final,
        )


def moment(day: dt.date) -> dt.datetime:
    """Ten in the morning of a day, here."""
    zone = timezone.get_default_timezone()
    return dt.datetime.combine(day, dt.time(10, 0), zone)
