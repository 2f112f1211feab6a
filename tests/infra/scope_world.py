"""One of everything that an address can name, all of it in 和平区 (T140)."""

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts import actions as account_actions
from accounts import roles
from accounts.models import RoleGrant, User
from audit.actions import SYSTEM
from ballots.models import BallotBox
from evaluations import actions as rating_actions
from evaluations import (
    dry_run_actions,
    exports,
    quarter_actions,
    rollup,
    scheme_actions,
    scheme_rules_actions,
    token_actions,
    webhook_actions,
)
from evaluations.models import (
    Appeal,
    AssessmentScheme,
    FigureExport,
    Publication,
    PublicityNotice,
    SetAside,
    StarRating,
    Webhook,
)
from evaluations.publication import Audience
from evaluations.scheme_readiness import content_digest
from jobs import actions as job_actions
from jobs import kinds
from officials.accounts import link_account
from officials.models import Division, WorkdayException
from residents import actions as roster_actions
from residents.models import Household
from surveys import actions as round_actions
from surveys import comments
from surveys.models import Comment, Countersignature, Round, SampledHousehold
from tests.conftest import HEPING, XIAOBAILOU
from tests.evaluations.quarter.world import QuarterWorld
from tests.evaluations.world import JIEFANGLU, KAIFENGDAO, NOTICE, World, mixed
from tests.residents.conftest import SMALL, as_csv

MONTH, OPEN_MONTH, DRAFT_MONTH = "2026-10", "2026-11", "2026-12"
TO_WITHDRAW, PREVIEWED = "2026-08", "2026-09"
YEAR = 2026
SECOND = "second"
BELOW_60 = [{"figure": "total_below", "threshold": "60"}]
# The second household has no telephone: a question for a person.
LISTED = (SMALL[0], (*SMALL[1][:6], "", *SMALL[1][7:]), *SMALL[2:])
Args = dict[str, tuple[Any, ...]]


def build(
    *,
    staff: Mapping[str, User],
    prepare: Callable[..., Round],
    approve: Callable[..., Round],
    published: bool = True,
) -> Args:
    """Name of a noun -> the arguments of its addresses."""
    return {
        "": (),
        **_roster(staff["street_admin"], staff["approver"]),
        **_rounds(prepare, approve, clerk=staff["clerk"]),
        **(_ratings(clerk=staff["clerk"], head=staff["head"]) if published else {}),
        **_schemes(staff["clerk"]),
        **_workdays(),
        **_accounts(staff),
        **(_connections(staff["head"]) if published else {}),
    }


def _connections(head: User) -> Args:
    """A token, and a receiver that was told of the published month."""
    at = timezone.now()
    today = timezone.localdate(at)
    token, _secret = token_actions.make_token(
        name="市大数据局",
        scope=HEPING,
        audience="office",
        starts_on=today,
        ends_on=today + dt.timedelta(days=30),
        by=head,
        at=at,
    )
    # Registered directly: no host is on the list of a test.
    webhook = Webhook(
        name="热线", scope=HEPING, url="https://h.cn/", made_by=head, made_at=at
    )
    webhook.seal("secret")
    webhook.save()
    webhook_actions.write_messages(
        publication=Publication.objects.latest("pk"), event="month.published", at=at
    )
    return {
        "token": (token.pk,),
        "webhook": (webhook.pk,),
        "delivery": (webhook.deliveries.get().pk,),
    }


def _roster(street_admin: User, approver: User) -> Args:
    at, street = timezone.now(), Division.objects.get(code=XIAOBAILOU)

    def previewed(name: str) -> Any:
        stored = roster_actions.upload_roster(
            street=street,
            file_name=name,
            content=as_csv(LISTED),
            by=street_admin,
            at=at,
        )
        return roster_actions.read_roster(roster_import=stored, by=street_admin, at=at)

    done = previewed("已写入.csv")
    roster_actions.confirm_import(
        roster_import=done, digest=bytes(done.digest or b""), by=approver, at=at
    )
    homes = {
        home.dwelling.room: home
        for home in Household.objects.current()
        .filter(community_id=KAIFENGDAO)
        .exclude(dwelling__compound="和苑")
        .select_related("dwelling")
    }
    request, correct = (
        roster_actions.register_request(
            household=homes[room],
            kind=kind,
            received_on=timezone.localdate(at),
            by=street_admin,
            at=at,
        )
        for room, kind in (("101", "view"), ("103", "correct"))
    )
    correction = roster_actions.propose_correction(
        request=correct,
        correction=roster_actions.Correction(head="张大伟"),
        by=street_admin,
        at=at,
    )
    roster_actions.suspend_dwelling(household=homes["102"], by=street_admin, at=at)
    waiting = previewed("待核准.csv")
    export = roster_actions.request_export(
        roster_import=waiting, purpose="correct", by=street_admin, at=at
    )
    return {
        "import": (waiting.pk,),
        "household": (homes["101"].pk,),
        "dwelling": (homes["102"].dwelling_id,),
        "request": (request.pk,),
        "correction": (correction.pk,),
        "export": (export.pk,),
    }


def _rounds(
    prepare: Callable[..., Round], approve: Callable[..., Round], *, clerk: User
) -> Args:
    survey_round = approve(prepare(OPEN_MONTH))
    at = survey_round.opens_at
    slips = round_actions.issue_round_codes(
        survey_round=survey_round, by=SYSTEM, at=at - dt.timedelta(days=1)
    )
    survey_round = round_actions.open_round(survey_round=survey_round, by=SYSTEM, at=at)
    sampled = SampledHousehold.objects.of_round(survey_round).filter(
        slip_batch=slips.batch
    )
    proposed = round_actions.propose_act(
        survey_round=survey_round,
        act=Countersignature.Act.REISSUE_BATCH,
        reason="lost",
        subject=slips.batch,
        by=clerk,
        at=timezone.now(),
    )
    draft = prepare(DRAFT_MONTH)
    return {
        "round": (survey_round.code,),
        "draft": (draft.code,),
        "batch": (slips.batch.pk,),
        "sampled": (sampled.order_by("position")[0].pk,),
        "act": (proposed.pk,),
    }


def announced_month(*, clerk: User, head: User) -> World:
    """A month reviewed by the clerk, its notice over, that waits for the head."""
    world = World(clerk=clerk, head=head, communities=(KAIFENGDAO, JIEFANGLU))
    _count(world, MONTH)
    world.announce(MONTH, at=world.now - NOTICE)
    return world


def months_that_wait(*, clerk: User, head: User) -> World:
    """One to be taken back, one to be put up, one to be published, one to be annulled.

    Each by the word of the head, who had no part in it so far.
    """
    world = World(clerk=clerk, head=head, communities=(KAIFENGDAO, JIEFANGLU))
    for month in (TO_WITHDRAW, PREVIEWED, MONTH):
        _count(world, month)
    rating_actions.propose_withdrawal(
        publication=world.publish(TO_WITHDRAW), reason="试", by=clerk, at=world.now
    )
    world.review(PREVIEWED)
    rating_actions.preview_month(
        division=world.district, month=PREVIEWED, by=clerk, at=world.now
    )
    world.announce(MONTH, at=world.now - NOTICE)
    appealed(world)
    return world


def _count(world: World, month: str) -> None:
    answers = {
        KAIFENGDAO: mixed(40, seed=f"a{month}"),
        JIEFANGLU: mixed(40, seed=f"b{month}"),
    }
    world.tally(month, answers)
    rollup.roll_up(division=world.district, month=month, by=SYSTEM, at=world.now)


def _account(username: str) -> User:
    return account_actions.create_user(
        username=username,
        name=username,
        password="never typed",
        by=SYSTEM,
        at=timezone.now(),
        must_change=False,
    )


def appealed(world: World) -> SetAside:
    """An appeal of the second community's secretary, and a figure to be annulled."""
    secretary, reviewer = _account("secretary"), _account("reviewer")
    official = world.appointments[JIEFANGLU].official
    link_account(official=official, user=secretary, by=SYSTEM, at=world.now)
    appeal = rating_actions.file_appeal(
        rating=world.rating(JIEFANGLU, MONTH),
        ground=Appeal.Ground.PROCESS,
        evidence="回执对不上",
        by=secretary,
        at=world.now - NOTICE,
    )
    rating_actions.accept_appeal(appeal=appeal, by=reviewer, at=world.now)
    return rating_actions.propose_set_aside(
        appeal=appeal,
        survey_round=Round.objects.get(period=MONTH),
        reason="回执对不上",
        by=reviewer,
        at=world.now,
    )


def _ratings(*, clerk: User, head: User) -> Args:
    world = announced_month(clerk=clerk, head=head)
    act = appealed(world)
    published = rating_actions.publish_month(
        division=world.district, month=MONTH, by=head, at=world.now
    )
    withdrawal = rating_actions.propose_withdrawal(
        publication=published, reason="试", by=clerk, at=world.now
    )
    kind = kinds.of("evaluations.roll_up_month")
    run = job_actions.start_run(
        kind=kind, unit=kind.unit(HEPING, MONTH), worker="machine", at=world.now
    )
    rating = world.rating(KAIFENGDAO, MONTH)
    proposed = _year_stars(world, clerk=clerk, head=head)
    return {
        **_words(world),
        **_assessed(world.district, clerk=clerk, head=head),
        "year": (HEPING, YEAR),
        "year star": (proposed.pk,),
        "year of appointment": (rating.appointment_id, YEAR),
        "published year": (KAIFENGDAO, YEAR),
        "published revision": (KAIFENGDAO, MONTH, 1),
        "month": (HEPING, MONTH),
        "queued": (HEPING, MONTH, rating.appointment_id),
        "district": (HEPING,),
        "version": (HEPING, MONTH, 1),
        "group": (world.group.pk, MONTH),
        "appointment": (rating.appointment_id, MONTH),
        "rating": (rating.pk,),
        "published": (KAIFENGDAO,),
        "published month": (KAIFENGDAO, MONTH),
        "run": (run.pk,),
        "appeal": (act.appeal_id,),
        "set aside": (act.pk,),
        "publication": (published.pk,),
        "withdrawal": (withdrawal.pk,),
        "notice": (PublicityNotice.objects.get().pk,),
        "figure export": (_export(world.district, clerk).pk,),
    }


def _export(district: Division, clerk: User) -> FigureExport:
    asked = exports.Asked(
        district, MONTH, MONTH, Audience.OFFICE, exports.Format.CSV, "常委会材料"
    )
    at = timezone.now()
    return exports.ask_export(asked, rows=1, language="zh-hans", by=clerk, at=at)


def _assessed(district: Division, *, clerk: User, head: User) -> Args:
    """A quarter with a card and a measure, and the month after it with an entry."""
    world = QuarterWorld(district=district, clerk=clerk, head=head)
    world.replace_scheme(colors=[{"color": "yellow", "conditions": BELOW_60}])
    people = world.appoint(3)
    (measure,) = world.final("2026Q1", dict(zip(people, (90, 85, 50), strict=True)))
    quarter = world.period("2026Q1")
    found = quarter_actions.propose_colors(period=quarter, by=head, at=timezone.now())
    world.open("2026-04")
    score = world.enter(people[0], "2026-04", 70)
    sheet = world.sheet(people[0], "2026-04")
    adjustment = quarter_actions.propose_adjustment(
        score=score,
        raw=Decimal(80),
        evidence="台账",
        evidence_kinds=["document"],
        reason="抄错了",
        by=clerk,
        at=timezone.now(),
    )
    return {
        "quarter": (quarter.pk,),
        "quarter group": (quarter.pk, world.group().pk),
        "assessed month": (sheet.period_id,),
        "month sheet": (sheet.pk,),
        "score": (sheet.pk, score.pk),
        "quarter sheet": (world.sheet(people[2], "2026Q1").pk,),
        "adjustment": (adjustment.pk,),
        "warning": (found.proposed[0].pk,),
        "measure": (measure.pk,),
    }


def _words(world: World) -> Args:
    """A comment of a community with enough replies to be named (M87)."""
    survey_round = Round.objects.get(period=MONTH)
    BallotBox.objects.filter(pk=survey_round.ballot_box.pk).update(
        unlinked_on=timezone.localdate(world.now), counts={"used_by": {KAIFENGDAO: 40}}
    )
    pk = uuid4()
    Comment.objects.create(
        id=pk,
        round=survey_round,
        community_id=KAIFENGDAO,
        text=comments.sealed("灯修好了", pk),
        salt=pk.bytes,
    )
    return {"pile": (survey_round.code, KAIFENGDAO), "comment": (pk,)}


def _year_stars(world: World, *, clerk: User, head: User) -> StarRating:
    """One that everybody may see, and one that waits, which comes back."""
    State = StarRating.State
    decided = {"decided_by": head, "decided_at": world.now}
    told = {"published_by": head, "published_at": world.now}
    rows: dict[str, dict[str, Any]] = {
        KAIFENGDAO: {"state": State.PUBLISHED, **decided, **told},
        JIEFANGLU: {"state": State.PROPOSED},
    }
    made = {
        code: StarRating.objects.create(
            appointment=world.appointments[code],
            year=YEAR,
            stars=4,
            reading=world.rating(code, MONTH),
            basis=MONTH,
            proposed_by=clerk,
            proposed_at=world.now,
            **fields,
        )
        for code, fields in rows.items()
    }
    return made[JIEFANGLU]


def _workdays() -> Args:
    """A day of a year that has no other."""
    day = WorkdayException.objects.create(
        on=dt.date(2031, 1, 1), is_workday=False, name="元旦"
    )
    return {"workday": (day.pk,), "calendar year": (2026,)}


def _schemes(clerk: User) -> Args:
    """A tried draft on a rule of the district, proposed and waiting for a second."""
    at, district = timezone.now(), Division.objects.get(pk=HEPING)
    house = AssessmentScheme.objects.get(version=1, division=None)
    by: dict[str, Any] = {"by": clerk, "at": at}
    rule = scheme_actions.enter_rule(
        division=district,
        title="满意度反馈与改进机制",
        number="和组发〔2026〕3号",
        issued_by="区委组织部",
        issued_on=timezone.localdate(at),
        **by,
    )
    draft = scheme_actions.draft_copy(scheme=house, division=district, **by)
    draft = scheme_actions.describe_draft(
        scheme=draft,
        seen=content_digest(draft),
        name=draft.name,
        label="2+3",
        whole=scheme_actions.Basis(rule, "第五条"),
        **by,
    )
    regular = scheme_rules_actions.draft_regular(
        code="heads", name="平时考核办法", division=district, **by
    )
    asked = dry_run_actions.ask_dry_run(scheme=draft, district=district, **by)
    dry_run_actions.carry_out(dry_run=asked, by=SYSTEM, at=at)
    scheme_actions.propose_in_force(scheme=draft, seen=content_digest(draft), **by)
    return {
        "rules": (regular.pk,),
        "rules set": (regular.pk, 0),
        "scheme": (draft.pk,),
        "scheme theme": (draft.pk, "stars"),
        "two schemes": (draft.pk, house.pk),
        "rule": (rule.pk,),
        "dry run": (asked.pk,),
    }


def _accounts(staff: Mapping[str, User]) -> Args:
    """An account of the district, its grant, and a role that waits for a second."""
    at = timezone.now()
    approval = account_actions.propose_grant(
        user=staff[SECOND],
        role=roles.DEPARTMENT_HEAD,
        scope=HEPING,
        starts_on=timezone.localdate(at),
        ends_on=account_actions.year_later(timezone.localdate(at)),
        by=staff["security"],
        at=at,
    )
    return {
        "event": (1,),
        "account": (staff["clerk"].pk,),
        "grant": (RoleGrant.objects.get(user=staff["clerk"]).pk,),
        "approval": (approval.pk,),
    }
