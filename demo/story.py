"""The story that the demo tells, by the verbs that pages and jobs use (domain 8).

Twelve closed months and an open one. Every ballot is sealed, opened and counted for
real; only the people, the rosters and the answers are invented.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from accounts import factors, roles, totp
from accounts.actions import confirm_authenticator, create_user, grant_role
from accounts.actions.factors import prepare_authenticator
from accounts.models import User
from accounts.passwords import first_password
from audit.actions import SYSTEM
from ballots.default_texts import ensure_default_texts
from demo import people, roster_files, rounds, whole
from demo.calendar import (
    CLOSED_MONTHS,
    closed_terms,
    first_day,
    months_for_a_quarter,
    open_term,
)
from demo.months import LiveCode, tell_month, tell_open_month
from demo.places import make_places
from evaluations import actions as rating_actions
from evaluations.default_scheme import ensure_default_scheme
from officials.accounts import link_account
from officials.models import Appointment, Division, Official
from officials.workday_actions import ensure_known_years
from residents.actions import take_snapshot
from residents.models import RosterSnapshot
from surveys.default_questionnaire import ensure_default_questionnaire

KAIFENGDAO = "120101002014"
LAST_YEAR_SCORE = Decimal("86.4")
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Account:
    """One demo account; the password is shown once and stored as a hash only."""

    username: str
    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Demo:
    accounts: tuple[Account, ...]
    codes: tuple[LiveCode, ...]


def tell(*, today: dt.date, whole_district: bool, say: Say) -> Demo:
    """Load everything: several transactions, each whole in itself."""
    now = timezone.now()
    number = months_for_a_quarter(today) if whole_district else CLOSED_MONTHS
    terms = closed_terms(today, number=number)
    say("区划、任职和账号……")
    district = make_places(starts_on=first_day(terms[0].month), at=now)
    accounts = tuple(make_accounts(at=now))
    say("住户名册：上传、预检、由另一个人核准……")
    roster_files.import_all(whole_district=whole_district, at=terms[0].opens_at)
    if whole_district:
        whole.change_hands(terms, at=terms[0].opens_at)
    setting = make_setting(district, at=terms[0].opens_at)
    close_last_year(year=terms[-1].month.year - 1, at=terms[0].opens_at)
    for term in terms:
        say(
            f"{term.month}：抽样、发码、投票、封箱、开箱、汇总、复核、预览、公示、发布……"
        )
        if whole_district:
            whole.tell_month(setting, term, last=terms[-1], today=today)
        else:
            tell_month(setting, term, today=today)
    if whole_district:
        say("平时考核：一个季度录入、复核、排名、公示、定案……")
        whole.tell_quarter(setting, terms, today=today)
    say(f"{open_term(today).month}：正在进行……")
    codes = tell_open_month(setting, open_term(today), today=today)
    return Demo(accounts, tuple(codes))


def make_accounts(*, at: dt.datetime) -> Iterator[Account]:
    for username, name, role, scope in people.STAFF:
        password = first_password()
        user = create_user(
            username=username,
            name=name,
            password=password,
            by=SYSTEM,
            at=at,
            must_change=False,
        )
        enrol(user, at=at)
        grant_role(
            user=user,
            role=role,
            scope=scope,
            starts_on=timezone.localdate(at),
            by=SYSTEM,
            at=at,
        )
        if role is roles.RATED_PERSON:
            link(user, community=scope, at=at)
        yield Account(username, name, password)


def link(user: User, *, community: str, at: dt.datetime) -> None:
    """The account of a rated person is that of the secretary in office."""
    official = Official.objects.get(
        appointments__post__organization__division_id=community,
        appointments__ends_on=None,
    )
    link_account(official=official, user=user, by=SYSTEM, at=at)


def enrol(user: User, *, at: dt.datetime) -> None:
    """Every account of the demo has its authenticator; `demo_code` stands for it."""
    authenticator = prepare_authenticator(user, at=at)
    code = totp.code_of(factors.secret_of(authenticator), totp.step_of(at))
    confirm_authenticator(user=user, answer=code, at=at)


def make_setting(
    district: Division, *, at: dt.datetime, snapshot: RosterSnapshot | None = None
) -> rounds.Setting:
    ensure_default_texts(by=SYSTEM, at=at)
    ensure_known_years(by=SYSTEM, at=at)
    return rounds.Setting(
        district=district,
        questionnaire=ensure_default_questionnaire(by=SYSTEM, at=at),
        snapshot=snapshot or take_snapshot(division=district, by=SYSTEM, at=at),
        scheme=ensure_default_scheme(by=SYSTEM, at=at),
        clerk=User.objects.get(username="keyuan"),
        head=User.objects.get(username="buzhang"),
    )


def close_last_year(*, year: int, at: dt.datetime) -> None:
    """开封道社区 ended last year with four stars: entered as a closed year."""
    appointment = Appointment.objects.get(
        post__organization__division_id=KAIFENGDAO, ends_on=None
    )
    rating_actions.enter_closed_year(
        appointment=appointment,
        year=year,
        stars=4,
        score=LAST_YEAR_SCORE,
        basis="演示：上一年度评星定级",
        by=User.objects.get(username="buzhang"),
        at=at,
    )
