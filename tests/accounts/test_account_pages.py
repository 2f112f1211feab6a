"""The three administrators at work: accounts, roles, locks (T88, T94)."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts import actions, roles
from accounts.models import Approval, RoleGrant, User
from audit.actions import SYSTEM
from audit.models import AuditEvent
from officials.models import Division
from tests.conftest import HEPING, XIAOBAILOU, signed_in

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
LIST = "/desk/accounts/"


def to(name: str, *args: object) -> str:
    return reverse(f"accounts:{name}", args=args)


@pytest.fixture
def system(make_staff: Callable[..., User], heping: Division) -> Client:
    return signed_in(make_staff("system", roles.SYSTEM_ADMINISTRATOR, HEPING))


@pytest.fixture
def security(make_staff: Callable[..., User], heping: Division) -> Client:
    return signed_in(make_staff("security", roles.SECURITY_ADMINISTRATOR, HEPING))


@pytest.fixture
def other(make_staff: Callable[..., User], heping: Division) -> Client:
    return signed_in(make_staff("other", roles.SECURITY_ADMINISTRATOR, HEPING))


@pytest.fixture
def newcomer(make_staff: Callable[..., User]) -> User:
    return make_staff("newcomer", roles.ROSTER_APPROVER, HEPING)


def verbs_of(user: User) -> list[str]:
    events = AuditEvent.objects.filter(
        target_type="accounts.user", target_id=str(user.pk)
    )
    return list(events.order_by("seq").values_list("verb", flat=True))


def said(answer: object) -> str:
    """The one message of the page that a form leads to."""
    (message,) = answer.context["messages"]  # type: ignore[attr-defined]
    return str(message)


def text_of(page: object) -> str:
    return page.content.decode()  # type: ignore[attr-defined]


# --- accounts -------------------------------------------------------------------------


def test_an_account_is_opened_and_its_password_shown_once(system: Client) -> None:
    sent = {"username": "songzhiqiu", "name": "组织部科员 宋知秋"}
    answer = system.post(to("account-add"), sent)
    password = answer.context["password"]
    assert text_of(answer).count(password) == 1
    assert "no-store" in answer.headers["Cache-Control"]
    made = User.objects.get(username="songzhiqiu")
    assert (made.name, made.check_password(password)) == (sent["name"], True)
    assert (made.must_change_password, made.grants.count()) == (True, 0)
    assert verbs_of(made) == ["user.created"]
    assert password not in text_of(system.get(to("account-detail", made.pk)))
    events = AuditEvent.objects.values_list("data", flat=True)
    assert [data for data in events if password in data] == []


@pytest.mark.parametrize(
    "username", ["", "ab", "Song", "9song", "宋", "so ng", "system", "a" * 41]
)
def test_an_account_name_is_plain_and_free(system: Client, username: str) -> None:
    answer = system.post(to("account-add"), {"username": username, "name": "宋"})
    assert list(answer.context["form"].errors) == ["username"]
    assert User.objects.count() == 1


def test_a_name_is_changed_and_the_account_name_stays(
    system: Client, newcomer: User
) -> None:
    answer = system.post(
        to("account-rename", newcomer.pk), {"name": "新名"}, follow=True
    )
    newcomer.refresh_from_db()
    assert (newcomer.name, newcomer.username) == ("新名", "newcomer")
    assert said(answer) == "姓名已改。"
    again = system.post(
        to("account-rename", newcomer.pk), {"name": "新名"}, follow=True
    )
    assert said(again) == "没有变化。"
    assert verbs_of(newcomer)[1:] == ["user.renamed"]


def test_a_closed_account_opens_no_page(system: Client, newcomer: User) -> None:
    browser = signed_in(newcomer)
    address = to("account-deactivate", newcomer.pk)
    assert said(system.post(address, follow=True)) == "请写明原因。"
    system.post(address, {"reason": "调离"})
    assert browser.get("/desk/").status_code == 302
    system.post(to("account-activate", newcomer.pk), {"reason": "调回"})
    newcomer.refresh_from_db()
    assert newcomer.is_active
    assert verbs_of(newcomer)[1:] == ["user.deactivated", "user.activated"]


def test_a_forgotten_password_is_replaced_on_paper(
    system: Client, newcomer: User
) -> None:
    browser = signed_in(newcomer)
    answer = system.post(to("account-password", newcomer.pk))
    newcomer.refresh_from_db()
    assert newcomer.check_password(answer.context["password"])
    assert newcomer.must_change_password
    assert browser.get("/desk/").status_code == 302


def test_nobody_closes_or_resets_their_own_account(system: Client) -> None:
    me = User.objects.get(username="system")
    closed = system.post(to("account-deactivate", me.pk), {"reason": "试"}, follow=True)
    assert said(closed) == "这一步不能对自己正在用的账号做。"
    reset = system.post(to("account-password", me.pk), follow=True)
    assert said(reset) == "这一步不能对自己正在用的账号做。"
    me.refresh_from_db()
    assert (me.is_active, me.must_change_password) == (True, False)


def test_list_finds_by_words_and_state(system: Client, newcomer: User) -> None:
    def names(**query: str) -> list[str]:
        page = system.get(LIST, query).context["page"]
        return [account.username for account in page]

    assert names() == ["newcomer", "system"]
    assert names(q="NEW comer") == ["newcomer"]
    assert names(q="nobody") == []
    actions.deactivate_user(user=newcomer, reason="离职", by=SYSTEM, at=NOW)
    assert names(part="off") == ["newcomer"]
    assert names(part="active") == ["system"]
    assert "没有符合的账号。" in text_of(system.get(LIST, {"q": "nobody"}))


@pytest.mark.parametrize("number", [1, 3])
def test_list_costs_the_same_for_one_and_for_three(
    system: Client,
    make_staff: Callable[..., User],
    django_assert_num_queries: DjangoAssertNumQueries,
    number: int,
) -> None:
    for each in range(number):
        make_staff(f"user{each}", roles.ROSTER_APPROVER, HEPING)
    with django_assert_num_queries(8):
        system.get(LIST)


def test_an_account_that_works_elsewhere_too_belongs_to_whoever_covers_both(
    system: Client, newcomer: User, make_staff: Callable[..., User]
) -> None:
    actions.grant_role(
        user=newcomer,
        role=roles.ROSTER_APPROVER,
        scope="230402",
        starts_on=TODAY,
        by=SYSTEM,
        at=NOW,
    )
    address = to("account-detail", newcomer.pk)
    assert system.get(address).status_code == 404
    RoleGrant.objects.filter(scope="230402").update(
        starts_on=TODAY - dt.timedelta(days=1), ends_on=TODAY
    )
    assert system.get(address).status_code == 200


# --- roles ----------------------------------------------------------------------------


def wanted(**words: object) -> dict[str, object]:
    return {
        "role": "street_administrator",
        "scope": XIAOBAILOU,
        "starts_on": TODAY.isoformat(),
        "ends_on": actions.year_later(TODAY).isoformat(),
        **words,
    }


def bare() -> User:
    """An account as the system administrator leaves it."""
    return actions.create_user(
        username="bare", name="新人", password="never typed", by=SYSTEM, at=NOW
    )


def test_a_role_is_granted_with_begin_and_end(security: Client) -> None:
    user = bare()
    answer = security.post(to("grant-add", user.pk), wanted(), follow=True)
    assert said(answer) == "已授予。本人要重新登录。"
    grant = user.grants.get()
    assert (grant.role, grant.scope, grant.granted_by) == (
        "street_administrator",
        XIAOBAILOU,
        "security",
    )
    assert "小白楼街道" in text_of(answer)


@pytest.mark.parametrize(
    ("words", "field", "sentence"),
    [
        ({"scope": "230402"}, "scope", "您只能在自己管的范围里授予角色。"),
        ({"scope": "12"}, "scope", "您只能在自己管的范围里授予角色。"),
        ({"scope": "120101999"}, "scope", "没有这个区划。"),
        ({"scope": "12010"}, "scope", "写 2、4、6、9 或 12 位区划代码。"),
        ({"starts_on": "2020-01-01"}, "starts_on", "不能早于今天。"),
        ({"ends_on": TODAY.isoformat()}, "ends_on", "止日要晚于起日。"),
        ({"ends_on": "2099-01-01"}, "__all__", None),
        ({"role": "god"}, "role", None),
    ],
)
def test_a_role_that_cannot_be_granted_is_told_why(
    security: Client, words: dict[str, str], field: str, sentence: str | None
) -> None:
    user = bare()
    errors = (
        security.post(to("grant-add", user.pk), wanted(**words)).context["form"].errors
    )
    assert list(errors) == [field]
    if sentence:
        assert errors[field] == [sentence]
    assert user.grants.count() == 0


def test_an_incompatible_role_is_told_with_both_names(
    security: Client, newcomer: User
) -> None:
    answer = security.post(to("grant-add", newcomer.pk), wanted())
    assert answer.context["form"].non_field_errors() == [
        "在和平区 (120101)是“名册核准人”，"
        "不能再在小白楼街道 (120101002)当“街道管理员”："
        "同一范围的名册，上传和核准必须是两个人。"
    ]


def test_a_role_is_revoked_with_its_reason(security: Client, newcomer: User) -> None:
    grant = newcomer.grants.get()
    address = to("grant-revoke", grant.pk)
    assert list(security.post(address, {"reason": ""}).context["form"].errors) == [
        "reason"
    ]
    answer = security.post(address, {"reason": "调离"}, follow=True)
    assert said(answer) == "已收回，正在用的登录也已结束。"
    assert text_of(answer).count("调离") == 1
    assert newcomer.grants.in_force(on=TODAY).count() == 0


def test_nobody_revokes_a_role_of_their_own(security: Client) -> None:
    mine = RoleGrant.objects.get(user__username="security")
    assert security.post(to("grant-revoke", mine.pk)).status_code == 403


def test_grants_that_end_soon_stand_first(security: Client, newcomer: User) -> None:
    RoleGrant.objects.filter(user=newcomer).update(
        ends_on=TODAY + dt.timedelta(days=30)
    )
    page = security.get(to("grant-list"))
    assert "1 项授权在 30 天内到期。" in text_of(page)
    soon = security.get(to("grant-list"), {"part": "soon"}).context["lines"]
    assert [(line.grant.user, line.days_left) for line in soon] == [(newcomer, 30)]
    over = security.get(to("grant-list"), {"part": "over"})
    assert "没有符合的授权。" in text_of(over)


def test_a_head_is_made_by_two(security: Client, other: Client) -> None:
    user = bare()
    sent = wanted(role="department_head", scope=HEPING)
    answer = security.post(to("grant-add", user.pk), sent, follow=True)
    assert said(answer) == "已提出，等另一位安全管理员核准，72小时内有效。"
    waiting = Approval.objects.get()
    assert user.grants.count() == 0
    approve = to("approval-approve", waiting.pk)
    seen = {"digest": waiting.digest_hex, "checked": "on"}
    own = security.post(approve, seen, follow=True)
    assert said(own) == "提出的人不能核准，请另一个人来核准。"
    blind = other.post(approve, {"digest": waiting.digest_hex}, follow=True)
    assert said(blind) == "请先核对，打上勾，再核准。"
    board = other.get(to("approval-list"))
    assert [line.approval for line in board.context["for_me"]] == [waiting]
    page = other.get(to("approval-detail", waiting.pk))
    shown = page.context["form"]["digest"].value()
    done = other.post(approve, {"digest": shown, "checked": "on"}, follow=True)
    assert said(done) == "已核准，角色已授予。"
    grant = user.grants.get()
    assert (grant.granted_by, grant.agreed_by) == ("security", "other")


def test_a_proposal_is_declined_or_taken_back(security: Client, other: Client) -> None:
    user, sent = bare(), wanted(role="department_head", scope=HEPING)
    security.post(to("grant-add", user.pk), sent)
    first = Approval.objects.get()
    address = to("approval-decline", first.pk)
    assert said(other.post(address, follow=True)) == "请写明原因。"
    other.post(address, {"reason": "人不对"})
    security.post(to("grant-add", user.pk), sent)
    second = Approval.objects.get(state="waiting")
    mine = security.get(to("approval-list")).context["mine"]
    assert [line.approval for line in mine] == [second]
    security.post(to("approval-withdraw", second.pk))
    states = Approval.objects.order_by("proposed_at").values_list("state", flat=True)
    assert list(states) == ["declined", "withdrawn"]
    assert user.grants.count() == 0


# --- locks, and who only looks --------------------------------------------------------


def test_security_locks_unlocks_and_resets_the_factor(
    security: Client, newcomer: User
) -> None:
    browser = signed_in(newcomer)
    security.post(to("account-lock", newcomer.pk))
    assert browser.get("/desk/").status_code == 302
    security.post(to("account-unlock", newcomer.pk))
    newcomer.refresh_from_db()
    assert newcomer.locked_at is None
    security.post(to("account-factor", newcomer.pk))
    assert newcomer.authenticators.count() == 0
    assert verbs_of(newcomer)[1:] == [
        "user.locked",
        "user.unlocked",
        "user.factor_reset",
    ]


def test_auditor_sees_accounts_and_roles_and_presses_nothing(
    auditor_client: Client, newcomer: User, heping: Division
) -> None:
    for address in (
        LIST,
        to("account-detail", newcomer.pk),
        to("grant-list"),
        to("approval-list"),
    ):
        page = auditor_client.get(address)
        assert page.status_code == 200
        main = text_of(page).split("<main", 1)[1]
        assert re.findall('<form[^>]*method="post"', main) == []


def test_menu_follows_the_permissions(
    system: Client, security: Client, clerk_client: Client
) -> None:
    def menu(client: Client) -> list[str]:
        return [item.url_name for item in client.get("/desk/").context["staff_menu"]()]

    assert menu(system) == ["jobs:run-list", "accounts:account-list"]
    assert menu(security) == [
        "accounts:account-list",
        "accounts:grant-list",
        "accounts:approval-list",
    ]
    assert menu(clerk_client) == [
        "surveys:round-list",
        "evaluations:home",
        "evaluations:period-list",
        "evaluations:year-list",
        "comments:pile-list",
        "schemes:scheme-list",
        "officials:workday-list",
    ]
