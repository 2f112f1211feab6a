"""The clerk's pages: who may, what is shown, what is never shown (T15, T22, T85)."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts import roles
from accounts.models import User
from audit.models import AuditEvent
from ballots.models import BallotCode
from surveys import actions
from surveys.models import Countersignature, Round, SampledHousehold, SlipBatch
from surveys.queries import shown_total
from surveys.sampling import commitment
from tests.conftest import XIAOBAILOU, signed_in
from tests.surveys.conftest import close, vote

Opened = tuple[Round, actions.IssuedSlips]
# Three groups; a receipt has four.
GROUP = r"[2-9A-HJ-NP-Z]{4}"
CODE = re.compile(rf"(?<![\w-]){GROUP}-{GROUP}-{GROUP}(?![\w-])")


@pytest.fixture(autouse=True)
def first_day() -> Iterator[None]:
    """Noon of the day on which the round opens."""
    with time_machine.travel("2025-11-01T12:00:00+08:00", tick=False):
        yield


def to(name: str, *args: object) -> str:
    return reverse(f"surveys:{name}", args=args)


def codes_on(page: bytes) -> list[str]:
    return CODE.findall(page.decode())


# Who may


def addresses(survey_round: Round) -> dict[str, str]:
    """Every address of the room, with rows that exist, and its method."""
    sampled = SampledHousehold.objects.of_round(survey_round).released().first()
    batch = survey_round.slip_batches.first()
    act = Countersignature.objects.create(
        round=survey_round,
        act="annul",
        reason="试",
        proposed_by=survey_round.created_by,
        proposed_at=survey_round.created_at,
    )
    code = survey_round.code
    return {
        to("round-detail", code): "get",
        to("round-approve", code): "get",
        to("round-recuse", code): "get",
        to("round-annul", code): "get",
        to("slip-list", code): "get",
        to("slip-find", code): "get",
        to("household-detail", sampled.pk): "get",
        to("round-open", code): "post",
        to("round-close", code): "post",
        to("round-open-box", code): "post",
        to("round-accept-invalid", code): "post",
        to("round-seed", code): "get",
        to("slip-print", code): "post",
        to("batch-reissue", batch.pk): "post",
        to("household-void", sampled.pk): "post",
        to("household-reissue", sampled.pk): "post",
        to("act-agree", act.pk): "post",
        to("act-withdraw", act.pk): "post",
        to("act-print", act.pk): "post",
    }


def test_every_address_is_404_for_a_stranger(
    opened: Opened, clerk_elsewhere_client: Client, head_elsewhere_client: Client
) -> None:
    for address, method in addresses(opened[0]).items():
        for client in (clerk_elsewhere_client, head_elsewhere_client):
            status = getattr(client, method)(address).status_code
            assert (address, status) == (address, 404)


def test_every_address_is_403_for_a_colleague_without_the_permission(
    opened: Opened, street_admin_client: Client
) -> None:
    for address, method in addresses(opened[0]).items():
        status = getattr(street_admin_client, method)(address).status_code
        assert (address, status) == (address, 403)


def test_every_post_address_refuses_get(opened: Opened, clerk_client: Client) -> None:
    for address, method in addresses(opened[0]).items():
        if method == "post":
            assert (address, clerk_client.get(address).status_code) == (address, 405)


def test_every_address_asks_a_visitor_to_sign_in(
    opened: Opened, client: Client
) -> None:
    for address, method in addresses(opened[0]).items():
        response = getattr(client, method)(address)
        # Back to the page after signing in; a form that was sent is not sent again.
        back = f"?next={address}" if method == "get" else ""
        assert response.url == reverse("accounts:sign-in") + back


def test_the_clerk_does_not_approve_and_the_head_does_not_print(
    draft: Round, clerk_client: Client, head_client: Client
) -> None:
    assert clerk_client.get(to("round-approve", draft.code)).status_code == 403
    assert head_client.post(to("slip-print", draft.code)).status_code == 403
    assert head_client.get(to("slip-list", draft.code)).status_code == 403


def test_the_agency_sees_turnout_and_no_codes(
    opened: Opened, make_staff: Callable[..., User], client: Client
) -> None:
    """Printing of codes and handling of letters are two hands (T87)."""
    signed_in(make_staff("agency", roles.AGENCY_LEAD, XIAOBAILOU), client)
    code = opened[0].code
    assert client.get(to("round-detail", code)).status_code == 200
    assert client.get(to("slip-list", code)).status_code == 403
    assert client.post(to("slip-print", code)).status_code == 403


def test_the_list_shows_rounds_of_the_own_scope(
    draft: Round, clerk_client: Client, clerk_elsewhere_client: Client
) -> None:
    mine = clerk_client.get(to("round-list"))
    assert [line.survey_round for line in mine.context["lines"]] == [draft]
    assert reverse("evaluations:round-prepare") in mine.content.decode()
    theirs = clerk_elsewhere_client.get(to("round-list"))
    assert theirs.context["lines"] == []
    assert "还没有测评" in theirs.content.decode()


def test_the_list_costs_the_same_for_one_round_and_for_three(
    prepare: Callable[..., Round],
    approve: Callable[..., Round],
    clerk_client: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    approve(prepare("2025-11"))
    with CaptureQueriesContext(connection) as one:
        clerk_client.get(to("round-list"))
    for period in ("2025-12", "2026-01"):
        approve(prepare(period))
    with django_assert_num_queries(len(one)):
        clerk_client.get(to("round-list"))


# The way of a round


def test_a_head_approves_what_was_on_the_page(
    draft: Round, head_client: Client, clerk: User
) -> None:
    actions.propose_again(survey_round=draft, by=clerk, at=timezone.now())
    address = to("round-approve", draft.code)
    page = head_client.get(address)
    digest = page.context["form"]["digest"].value()
    sent = head_client.post(address, {"digest": digest, "confirmed": "on"})
    assert sent.url == to("round-detail", draft.code)
    draft.refresh_from_db()
    assert (draft.state, draft.approved_by.username) == ("approved", "head")


def test_a_draft_of_last_week_is_proposed_again_before_it_is_approved(
    draft: Round, head_client: Client, clerk_client: Client
) -> None:
    address, sent = to("round-approve", draft.code), {"confirmed": "on"}
    page = head_client.get(address)
    late = "这份草稿提出已过72小时。请准备的人重新提出，再由另一个人批准。"
    assert page.content.decode().count(late) == 1
    sent["digest"] = page.context["form"]["digest"].value()
    refused = head_client.post(address, sent).context["form"].non_field_errors()
    draft.refresh_from_db()
    assert (refused, draft.state) == ([late], "draft")
    clerk_client.post(to("round-propose", draft.code))
    assert head_client.post(address, sent).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.created_by.username) == ("approved", "clerk")


def test_a_draft_changed_meanwhile_is_not_approved(
    draft: Round, head_client: Client, clerk: User
) -> None:
    address = to("round-approve", draft.code)
    digest = head_client.get(address).context["form"]["digest"].value()
    household = draft.snapshot.households.filter(residence_status="resident").first()
    actions.recuse_household(
        survey_round=draft,
        household=household.household_id,
        reason="被评人家庭",
        by=clerk,
        at=draft.created_at,
    )
    sent = head_client.post(address, {"digest": digest, "confirmed": "on"})
    assert sent.context["form"].errors == {
        "digest": ["打开页面之后内容变了，请重新核对。"]
    }
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_who_prepared_is_told_to_let_another_approve(
    draft: Round, make_staff: Callable[..., User], client: Client
) -> None:
    both = make_staff("both", roles.DEPARTMENT_HEAD, "120101")
    Round.objects.filter(pk=draft.pk).update(created_by=both)
    signed_in(both, client)
    address = to("round-approve", draft.code)
    digest = client.get(address).context["form"]["digest"].value()
    sent = client.post(address, {"digest": digest, "confirmed": "on"})
    assert sent.context["form"].non_field_errors() == [
        "需要另一个人：准备和批准不能是同一个人。"
    ]


def test_a_household_is_recused_by_its_address(
    draft: Round, clerk_client: Client
) -> None:
    address = to("round-recuse", draft.code)
    form = {
        "community": "120101002002",
        "building": "1号楼",
        "unit": "1门",
        "room": "101",
        "reason": "被评人家庭",
    }
    assert clerk_client.post(address, form).url == to("round-detail", draft.code)
    recused = draft.recused.get().household.dwelling
    assert (recused.community_id, recused.room) == ("120101002002", "101")
    missing = clerk_client.post(address, {**form, "room": "999"})
    assert missing.context["form"].non_field_errors() == [
        "名册快照里有 0 户是这个地址，请写得和名册一样。"
    ]


def test_a_round_is_opened_by_the_clerk(
    with_codes: Opened, clerk_client: Client
) -> None:
    survey_round, _ = with_codes
    page = clerk_client.get(to("round-detail", survey_round.code))
    assert "现在开始" in page.content.decode()
    clerk_client.post(to("round-open", survey_round.code))
    survey_round.refresh_from_db()
    assert survey_round.state == "open"


def test_a_round_is_not_closed_early_by_anybody(
    opened: Opened, clerk_client: Client
) -> None:
    survey_round, _ = opened
    page = clerk_client.get(to("round-detail", survey_round.code))
    assert "现在截止" not in page.content.decode()
    sent = clerk_client.post(to("round-close", survey_round.code), follow=True)
    assert "还太早：2025-11-25 20:30 之后才可以。" in sent.content.decode()
    survey_round.refresh_from_db()
    assert survey_round.state == "open"


def test_a_box_is_handed_to_the_worker(
    opened: Opened,
    clerk: User,
    clerk_client: Client,
    ballots_queue: Callable[[], list[tuple[str, list[object]]]],
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]],
) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 6, 6)
    closed = close(survey_round)
    with django_capture_on_commit_callbacks(execute=True):
        clerk_client.post(to("round-open-box", closed.code))
    assert ballots_queue() == []
    with (
        time_machine.travel("2025-11-26T21:00:00+08:00", tick=False),
        django_capture_on_commit_callbacks(execute=True),
    ):
        signed_in(clerk, clerk_client)
        clerk_client.post(to("round-open-box", closed.code))
    assert ballots_queue() == [("surveys.open_due_box", [closed.pk])]


def test_an_annulment_goes_through_two_pages(
    opened: Opened, clerk_client: Client, head_client: Client
) -> None:
    survey_round, _ = opened
    clerk_client.post(to("round-annul", survey_round.code), {"reason": "印错"})
    survey_round.refresh_from_db()
    assert survey_round.state == "open"
    act = survey_round.countersignatures.get()
    assert clerk_client.post(to("act-agree", act.pk)).status_code == 403
    head_client.post(to("act-agree", act.pk), {"digest": act.digest_hex})
    survey_round.refresh_from_db()
    assert (survey_round.state, survey_round.annulled_reason) == ("annulled", "印错")


def test_a_proposal_is_withdrawn(opened: Opened, clerk_client: Client) -> None:
    survey_round, _ = opened
    clerk_client.post(to("round-annul", survey_round.code), {"reason": "印错"})
    act = survey_round.countersignatures.get()
    clerk_client.post(to("act-withdraw", act.pk))
    assert survey_round.countersignatures.count() == 0


def test_the_seed_is_for_auditors_and_after_close(
    opened: Opened, auditor_client: Client, clerk_client: Client
) -> None:
    survey_round, issued = opened
    address = to("round-seed", survey_round.code)
    assert clerk_client.get(address).status_code == 403
    early = auditor_client.post(address, follow=True)
    assert "seed" not in early.context
    vote(survey_round, issued, 6, 6)
    close(survey_round)
    page = auditor_client.post(address)
    assert commitment(page.context["seed"]) == survey_round.draw.seed_commitment
    assert AuditEvent.objects.filter(verb="draw.seed_revealed").count() == 1


# What is shown


def test_turnout_below_ten_is_nowhere_on_the_page(
    opened: Opened, clerk_client: Client
) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 7, 3, 10)
    page = clerk_client.get(to("round-detail", survey_round.code))
    table = page.context["table"]
    assert [(row.received, row.bar) for row in table.rows] == [
        ("<10", 0),
        ("<10", 0),
        ("10", 10),
    ]
    bars = re.findall(r'value="(\d+)" aria-hidden', page.content.decode())
    assert bars == ["0", "0", "10"]
    assert table.received == "20"
    listed = clerk_client.get(to("round-list")).context["lines"]
    assert [line.received for line in listed] == ["20"]


@pytest.mark.parametrize(
    ("counts", "total"),
    [
        ([10, 12, 30], "52"),  # nothing hidden
        ([7, 12, 30], None),  # the rest gives the 7 away
        ([0, 0, 30], None),  # nobody twice
        ([9, 9, 30], None),  # both at the top
        ([1, 0, 30], None),  # one of two
        ([4, 5, 30], "39"),  # 9 = 0+9 … 9+0
        ([8, 9, 30], None),  # 17 = 8+9 or 9+8
        ([9, 9, 9], None),
        ([5, 6, 7], "18"),
        ([], "0"),
    ],
)
def test_a_total_never_gives_a_hidden_count_away(
    counts: list[int], total: str | None
) -> None:
    assert shown_total(counts, floor=10) == total


@given(st.lists(st.integers(0, 14), max_size=6))
def test_a_shown_total_leaves_three_values_for_every_hidden_count(
    counts: list[int],
) -> None:
    """By trying every combination of hidden counts that fits the page (T127)."""
    total = shown_total(counts, floor=10)
    hidden = [count for count in counts if count < 10]
    if total is None or not hidden:
        return
    assert total == str(sum(counts))
    rest = sum(hidden)
    # One hidden count can be `value` if the others, 0..9 each, can make up the rest.
    possible = [v for v in range(10) if 0 <= rest - v <= 9 * (len(hidden) - 1)]
    assert len(possible) >= 3


def test_a_draft_names_who_will_be_rated(draft: Round, clerk_client: Client) -> None:
    page = clerk_client.get(to("round-detail", draft.code))
    assert [row.official for row in page.context["plan"]] == [
        "书记02",
        "书记03",
        "书记04",
    ]
    assert page.context["next"].who == "组织部负责人（不能是准备的人）"
    assert "保障等级：基础" in page.content.decode()


def test_an_approved_round_shows_commitment_and_digest(
    approved: Round, clerk_client: Client
) -> None:
    page = clerk_client.get(to("round-detail", approved.code)).content.decode()
    assert approved.draw.seed_commitment in page
    assert approved.snapshot.digest_hex in page


# Slips


def test_codes_are_shown_once_and_stored_nowhere(
    approved: Round, clerk_client: Client
) -> None:
    page = clerk_client.post(to("slip-print", approved.code))
    codes = codes_on(page.content)
    assert len(set(codes)) == 30
    assert "no-store" in page.headers["Cache-Control"]
    stored = BallotCode.objects.filter(box=approved.box)
    assert {bytes(code.code_hash).hex() for code in stored} & set(codes) == set()
    again = clerk_client.post(to("slip-print", approved.code), follow=True)
    assert codes_on(again.content) == []
    assert "没有要打印的码单" in again.content.decode()
    for address in ("round-detail", "slip-list"):
        assert codes_on(clerk_client.get(to(address, approved.code)).content) == []


def test_a_slip_holds_address_serial_code_square_and_stub(
    approved: Round, clerk_client: Client
) -> None:
    page = clerk_client.post(
        to("slip-print", approved.code), {"community": "120101002003"}
    )
    slips = page.context["slips"]
    assert len(slips) == 10
    first = slips[0]
    assert first.address.startswith("树德里社区和苑")
    assert re.fullmatch(r"120101002003-0\d\d", first.serial)
    assert CODE.fullmatch(first.code)
    assert len(first.receipt.replace(" ", "").replace("-", "")) == 16
    assert first.qr.startswith("<svg")
    assert "style=" not in page.content.decode()


def test_a_batch_is_asked_for_agreed_to_and_printed_anew(
    opened: Opened, clerk_client: Client, head_client: Client
) -> None:
    survey_round, issued = opened
    clerk_client.post(to("batch-reissue", issued.batch.pk), {"reason": "batch_fault"})
    act = survey_round.countersignatures.get()
    early = clerk_client.post(to("act-print", act.pk))
    assert codes_on(early.content) == []
    head_client.post(to("act-agree", act.pk), {"digest": act.digest_hex})
    page = clerk_client.post(to("act-print", act.pk))
    assert len(codes_on(page.content)) == 30
    assert list(SlipBatch.objects.values_list("number", "voided")) == [
        (1, True),
        (2, False),
    ]


def test_a_household_is_found_by_the_serial_of_its_slip(
    opened: Opened, clerk_client: Client
) -> None:
    survey_round, issued = opened
    household = issued.codes[0].household
    sampled = SampledHousehold.objects.get(household_id=household)
    find = to("slip-find", survey_round.code)
    found = clerk_client.get(find, {"serial": issued.serials[household]})
    assert found.url == to("household-detail", sampled.pk)
    for serial in ("120101002003-999", "x"):
        assert clerk_client.get(find, {"serial": serial}).url == to(
            "slip-list", survey_round.code
        )


def test_a_reserve_household_has_no_page(opened: Opened, clerk_client: Client) -> None:
    reserve = SampledHousehold.objects.of_round(opened[0]).reserve().first()
    address = to("household-detail", reserve.pk)
    assert clerk_client.get(address).status_code == 404


def test_a_code_is_voided_and_a_used_one_by_two(
    opened: Opened, clerk_client: Client, head_client: Client
) -> None:
    survey_round, issued = opened
    vote(survey_round, issued, 1)
    used, unused = [
        SampledHousehold.objects.get(household_id=code.household)
        for code in sorted(issued.codes, key=lambda code: code.stratum)[:2]
    ]
    clerk_client.post(to("household-void", unused.pk), {"reason": "undelivered"})
    unused.refresh_from_db()
    assert unused.disposition == "UH"
    clerk_client.post(to("household-void", used.pk), {"reason": "dispute"})
    assert survey_round.ballot_box.envelopes.count() == 1
    act = survey_round.countersignatures.get()
    head_client.post(to("act-agree", act.pk), {"digest": act.digest_hex})
    assert survey_round.ballot_box.envelopes.count() == 0


def test_a_lost_slip_waits_for_a_second_person(
    opened: Opened, clerk_client: Client, head_client: Client
) -> None:
    survey_round, issued = opened
    sampled = SampledHousehold.objects.get(household_id=issued.codes[0].household)
    asked = clerk_client.post(
        to("household-reissue", sampled.pk), {"reason": "lost"}, follow=True
    )
    assert codes_on(asked.content) == []
    act = survey_round.countersignatures.get()
    head_client.post(to("act-agree", act.pk), {"digest": act.digest_hex})
    page = clerk_client.post(to("act-print", act.pk))
    assert len(codes_on(page.content)) == 1


def test_pages_speak_english(opened: Opened, clerk_client: Client) -> None:
    code = opened[0].code
    clerk_client.cookies["django_language"] = "en"
    pages = [to("round-list"), to("round-detail", code), to("slip-list", code)]
    for address in pages:
        page = clerk_client.get(address)
        assert (address, page.status_code) == (address, 200)
        assert '<html lang="en">' in page.content.decode()
