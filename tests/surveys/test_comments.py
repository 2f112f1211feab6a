"""Words of households: blacked out, decided on, told; never rewritten (T128)."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from accounts import roles
from accounts.models import User
from accounts.prefixes import Scopes
from audit.actions import SYSTEM
from audit.models import AuditEvent
from officials.accounts import link_account
from officials.models import Official
from surveys import actions, blackouts, comments, purging
from surveys.comments import Told, comments_told
from surveys.models import Comment, Round
from tests.conftest import HEPING, KAIFENGDAO, XIAOBAILOU
from tests.surveys.conftest import HOUSEHOLDS, cast, random_marks, tally, voters

FIRST, SECOND, THIRD = list(HOUSEHOLDS)[:3]
PERIOD = "2025-11"
WORDS = (
    "张书记13812345678常来，3号楼2门501的灯修好了",
    "再多来走走",
    "停车太乱",
)
Review = Comment.Review


@pytest.fixture
def spoken(
    prepare: Callable[..., Round], approve: Callable[[Round], Round]
) -> Callable[..., Round]:
    """A tallied round with so many answers in each community, and words in some."""

    def make(
        *counts: int, said: dict[int, str] | None = None, **fields: object
    ) -> Round:
        wide = {"sampling.rate": "0.99", "sampling.expected_rate": "0.10", **fields}
        survey_round = approve(prepare(PERIOD, parameters=wide))
        at = survey_round.opens_at - dt.timedelta(days=1)
        issued = actions.issue_round_codes(survey_round=survey_round, by=SYSTEM, at=at)
        actions.open_round(
            survey_round=survey_round, by=SYSTEM, at=survey_round.opens_at
        )
        survey_round.refresh_from_db()
        codes = voters(issued, *counts)
        assert len(codes) == sum(counts)
        marks = random_marks(7, len(codes))
        cast(
            survey_round,
            {code.code_id: given for code, given in zip(codes, marks, strict=True)},
            words={codes[n].code_id: text for n, text in (said or {}).items()},
        )
        return tally(survey_round)

    return make


def decide(comment: Comment, decision: str, by: User, *black: str) -> None:
    text = comments.text_of(comment)
    actions.review_comment(
        comment=comment,
        decision=decision,
        blackouts=blackouts.spans_of(text, black),
        by=by,
        at=comment.round.ended_at,
    )


def of_text(text: str) -> Comment:
    found = [c for c in Comment.objects.all() if comments.text_of(c) == text]
    return found[0]


def published(survey_round: Round) -> Round:
    actions.mark_published(
        survey_round=survey_round, by=SYSTEM, at=survey_round.ended_at
    )
    survey_round.refresh_from_db()
    return survey_round


def test_released_words_are_told_blacked_out_and_the_original_stays(
    spoken: Callable[..., Round], clerk: User
) -> None:
    published(spoken(31, 5, 6, said={0: WORDS[0]}))
    comment = of_text(WORDS[0])
    before = bytes(comment.text)
    decide(comment, Review.PUBLISH, clerk, "张", "13812345678", "3号楼2门501")
    comment.refresh_from_db()
    assert (bytes(comment.text), comments.text_of(comment)) == (before, WORDS[0])
    assert comment.blackouts == [[0, 1], [3, 14], [17, 25]]
    assert comments_told(FIRST, months=[PERIOD]) == [
        Told("██书记██常来，██的灯修好了", is_internal=False)
    ]


def test_community_is_named_from_thirty_replies_and_the_rest_is_the_streets(
    spoken: Callable[..., Round], clerk: User
) -> None:
    said = {0: WORDS[0], 31: WORDS[1], 36: WORDS[2]}
    published(spoken(31, 5, 6, said=said))
    for comment in Comment.objects.all():
        decide(comment, Review.PUBLISH, clerk)
    told = {
        place: sorted(found.text for found in comments_told(place, months=[PERIOD]))
        for place in (FIRST, SECOND, THIRD, XIAOBAILOU, HEPING)
    }
    assert told == {
        FIRST: [WORDS[0]],
        SECOND: [],
        THIRD: [],
        XIAOBAILOU: sorted(WORDS[1:]),
        HEPING: [],
    }
    assert comments_told(FIRST, months=["2025-10"]) == []


@pytest.mark.parametrize(("asked", "named"), [(32, 0), (5, 1)])
def test_a_scheme_may_ask_for_more_replies_and_not_for_fewer(
    spoken: Callable[..., Round], clerk: User, asked: int, named: int
) -> None:
    field = {"publish.text_place": asked}
    published(spoken(31, 5, 6, said={0: WORDS[0], 31: WORDS[1]}, **field))
    for comment in Comment.objects.all():
        decide(comment, Review.PUBLISH, clerk)
    assert len(comments_told(FIRST, months=[PERIOD])) == named
    assert len(comments_told(XIAOBAILOU, months=[PERIOD])) == 2 - named


def test_nobody_reads_words_of_fewer_than_ten(
    spoken: Callable[..., Round], clerk: User
) -> None:
    survey_round = spoken(31, 0, 0, said={0: WORDS[0]})
    (pile,) = comments.piles_within(Scopes((HEPING,)))
    assert (pile.place.code, pile.pending, pile.total) == (FIRST, 1, 1)
    assert comments.comments_of(survey_round, XIAOBAILOU).count() == 0


def test_the_public_waits_for_publication_and_never_hears_the_internal(
    spoken: Callable[..., Round], clerk: User
) -> None:
    survey_round = spoken(31, 32, 0, said={0: WORDS[0], 1: WORDS[1], 2: WORDS[2]})
    decide(of_text(WORDS[0]), Review.PUBLISH, clerk)
    decide(of_text(WORDS[1]), Review.PRIVATE, clerk)
    decide(of_text(WORDS[2]), Review.WITHHOLD, clerk)

    def told(*, for_office: bool) -> set[tuple[str, bool]]:
        found = comments_told(FIRST, months=[PERIOD], for_office=for_office)
        return {(each.text, each.is_internal) for each in found}

    office = {(WORDS[0], False), (WORDS[1], True)}
    assert (told(for_office=False), told(for_office=True)) == (set(), office)
    published(survey_round)
    assert told(for_office=False) == {(WORDS[0], False)}
    assert told(for_office=True) == office


def test_order_is_that_of_random_bytes(
    spoken: Callable[..., Round], clerk: User
) -> None:
    said = {n: f"第{n}句话" for n in range(12)}
    published(spoken(31, 0, 0, said=said))
    for comment in Comment.objects.all():
        decide(comment, Review.PUBLISH, clerk)
    by_salt = sorted(Comment.objects.all(), key=lambda found: bytes(found.salt))
    told = [found.text for found in comments_told(FIRST, months=[PERIOD])]
    assert told == [comments.text_of(comment) for comment in by_salt]


def test_each_decision_leaves_its_event_without_a_word_of_the_text(
    spoken: Callable[..., Round], clerk: User
) -> None:
    survey_round = spoken(31, 0, 0, said={0: WORDS[0]})
    (pile,) = comments.piles_within(Scopes((HEPING,)))
    actions.open_pile(pile=pile, by=clerk, at=survey_round.ended_at)
    decide(of_text(WORDS[0]), Review.PUBLISH, clerk, "张")
    events = AuditEvent.objects.filter(verb__startswith="comment").order_by("seq")
    assert [(found.verb, found.division) for found in events] == [
        ("comments.opened", FIRST),
        ("comment.reviewed", FIRST),
    ]
    assert json.loads(events[1].data) == {
        "before": "pending",
        "blacked_out": 1,
        "decision": "publish",
        "month": PERIOD,
    }


def test_two_readers_do_not_decide_over_each_other(
    spoken: Callable[..., Round], clerk: User, make_staff: Callable[..., User]
) -> None:
    spoken(31, 0, 0, said={0: WORDS[0]})
    other = make_staff("keyuan2", roles.DEPARTMENT_CLERK, HEPING)
    mine, theirs = of_text(WORDS[0]), of_text(WORDS[0])
    decide(mine, Review.WITHHOLD, clerk)
    with pytest.raises(actions.DecidedMeanwhile):
        decide(theirs, Review.PUBLISH, other)
    theirs.refresh_from_db()
    assert (theirs.review, theirs.reviewed_by) == ("withhold", clerk.audit_name)
    decide(theirs, Review.PUBLISH, other)
    theirs.refresh_from_db()
    assert (theirs.review, theirs.reviewed_by) == ("publish", other.audit_name)


def test_who_is_rated_in_the_place_reads_no_words_of_it(
    spoken: Callable[..., Round], make_staff: Callable[..., User]
) -> None:
    survey_round = spoken(31, 0, 0, said={0: WORDS[0]})
    reader = make_staff("reader", roles.RATED_PERSON, KAIFENGDAO)
    official = Official.objects.get(appointments__post__organization__division=FIRST)
    link_account(official=official, user=reader, by=SYSTEM, at=survey_round.opens_at)
    (pile,) = comments.piles_within(Scopes((HEPING,)))
    with pytest.raises(actions.OfRatedUnit):
        actions.open_pile(pile=pile, by=reader, at=survey_round.ended_at)
    with pytest.raises(actions.OfRatedUnit):
        decide(of_text(WORDS[0]), Review.PUBLISH, reader)
    assert Comment.objects.get().review == Review.PENDING


def test_a_decision_without_a_name_is_refused_by_the_database(
    spoken: Callable[..., Round],
) -> None:
    spoken(31, 0, 0, said={0: WORDS[0]})
    with (
        pytest.raises(IntegrityError, match="comment_reviewed_by_somebody"),
        transaction.atomic(),
    ):
        Comment.objects.update(review=Review.PUBLISH)


def test_what_is_blacked_out_is_gone_for_good_when_the_raw_words_go(
    spoken: Callable[..., Round], clerk: User
) -> None:
    survey_round = published(spoken(31, 0, 0, said=dict(enumerate(WORDS))))
    decide(of_text(WORDS[0]), Review.PUBLISH, clerk, "张", "13812345678")
    decide(of_text(WORDS[1]), Review.PRIVATE, clerk)
    told = comments_told(FIRST, months=[PERIOD])
    late = survey_round.published_at + purging.WORDS_AFTER_PUBLICATION
    assert list(purging.due_to_forget_words(late)) == [survey_round]
    assert purging.forget_words(survey_round=survey_round, by=SYSTEM, at=late) == 3
    assert list(purging.due_to_forget_words(late)) == []
    assert comments_told(FIRST, months=[PERIOD]) == told
    kept = [comments.text_of(comment) for comment in Comment.objects.all()]
    assert sorted(kept) == ["", "", "██书记██常来，3号楼2门501的灯修好了"]
    released = Comment.objects.get(review=Review.PUBLISH)
    with pytest.raises(actions.WordsAreGone):
        decide(released, Review.WITHHOLD, clerk)


SUGGESTIONS = {
    "打13812345678": ["13812345678"],
    "打138 1234 5678吧": ["138 1234 5678"],
    "022-23456789没人接": ["022-23456789"],
    "电话１３８１２３４５６７８": ["１３８１２３４５６７８"],
    "一三八一二三四五六七八": ["一三八一二三四五六七八"],
    "打12345没用": [],
    "2026年10月修好了": [],
    "3号楼2门501漏水": ["3号楼2门501"],
    "12栋2单元漏水": ["12栋2单元"],
    "三号楼的灯": ["三号楼"],
    "3-2-501漏水": ["3-2-501"],
    "501室漏水": ["501室"],
    "我住28号": ["28号"],
    "10月28号停水": [],
    "刘大爷说的": ["刘"],
    "王建国主任不来": ["王建国"],
    "我叫赵小兰": ["赵小兰"],
    "任素珍很好": ["任素珍"],
    "微信号：abc12345": ["微信号：abc12345"],
    "小区停车乱，一门心思收费": [],
    "": [],
}


@pytest.mark.parametrize(("text", "found"), SUGGESTIONS.items())
def test_suggestion_finds_telephones_doors_and_names(
    text: str, found: list[str]
) -> None:
    spans = blackouts.suggested(text, names=["任素珍"])
    assert blackouts.words_of(text, spans) == found


@given(
    st.text("甲乙1a█ \n", max_size=40),
    st.lists(st.text("甲乙1a", min_size=1, max_size=3), max_size=4),
)
def test_blacked_text_keeps_the_rest_and_twice_equals_once(
    text: str, words: list[str]
) -> None:
    spans = blackouts.spans_of(text, words)
    assert blackouts.merged(spans) == spans
    pieces = blackouts.pieces(text, spans)
    assert "".join(said for said, _black in pieces) == text
    assert "".join(said for said, black in pieces if black) == "".join(
        text[start:end] for start, end in spans
    )
    plain = [said for said, black in pieces if not black]
    assert all(word not in said for word in words for said in plain)


def url(name: str, *args: object) -> str:
    return reverse(f"comments:{name}", args=args)


def test_a_reader_goes_through_the_words_and_each_is_decided_once(
    spoken: Callable[..., Round], clerk_client: Client
) -> None:
    survey_round = spoken(31, 0, 0, said=dict(enumerate(WORDS)))
    listed = clerk_client.get(url("pile-list"))
    assert listed.context["waiting"] == comments.piles_within(Scopes((HEPING,)))
    here = (survey_round.code, FIRST)
    response = clerk_client.post(url("pile-open", *here))
    read = []
    for _each in WORDS:
        page = clerk_client.get(response.url)
        comment = page.context["comment"]
        read.append(comment.pk)
        given = {"black": "", "seen": f"{comment.review}:{comment.reviewed_by}"}
        response = clerk_client.post(
            url("comment-review", comment.pk), {**given, "decision": "publish"}
        )
    assert response.url == url("pile-detail", *here)
    in_order = Comment.objects.shuffled().values_list("pk", flat=True)
    assert read == list(in_order)
    assert set(Comment.objects.values_list("review", flat=True)) == {"publish"}
    page = clerk_client.get(response.url)
    assert [comment.pk for comment, _pieces in page.context["lines"]] == read


def test_words_are_not_on_the_page_before_they_were_opened(
    spoken: Callable[..., Round], clerk_client: Client
) -> None:
    survey_round = spoken(31, 0, 0, said={0: WORDS[1]})
    page = clerk_client.get(url("pile-detail", survey_round.code, FIRST))
    assert (page.status_code, WORDS[1] in page.content.decode()) == (200, False)
    response = clerk_client.get(url("comment-detail", Comment.objects.get().pk))
    assert response.status_code == 302
    told = AuditEvent.objects.filter(verb="comments.opened")
    assert told.count() == 0


def test_suggestion_stands_on_the_page_and_a_slip_of_the_keyboard_is_named(
    spoken: Callable[..., Round], clerk_client: Client
) -> None:
    survey_round = spoken(31, 0, 0, said={0: WORDS[0]})
    clerk_client.post(url("pile-open", survey_round.code, FIRST))
    comment = Comment.objects.get()
    page = clerk_client.get(url("comment-detail", comment.pk))
    assert page.context["form"]["black"].initial.splitlines() == [
        "张",
        "13812345678",
        "3号楼2门501",
    ]
    given = {"black": "李", "seen": "pending:"}
    for name in ("comment-mark", "comment-review"):
        refused = clerk_client.post(
            url(name, comment.pk), {**given, "decision": "publish"}
        )
        assert refused.status_code == 422
        assert refused.context["form"].errors["black"] == [
            "原话里没有这些字：李。请照原话写。"
        ]
    shown = clerk_client.post(
        url("comment-mark", comment.pk), {**given, "black": "常来"}
    )
    assert [said for said, black in shown.context["pieces"] if black] == ["常来"]
    comment.refresh_from_db()
    assert (comment.review, comment.blackouts) == ("pending", [])


def test_a_decision_on_an_old_page_is_refused_and_says_so(
    spoken: Callable[..., Round],
    clerk_client: Client,
    make_staff: Callable[..., User],
) -> None:
    survey_round = spoken(31, 0, 0, said={0: WORDS[1]})
    clerk_client.post(url("pile-open", survey_round.code, FIRST))
    other = make_staff("keyuan2", roles.DEPARTMENT_CLERK, HEPING)
    decide(of_text(WORDS[1]), Review.WITHHOLD, other)
    comment = Comment.objects.get()
    given = {"black": "", "seen": "pending:", "decision": "publish"}
    response = clerk_client.post(url("comment-review", comment.pk), given, follow=True)
    assert [str(told) for told in response.context["messages"]] == [
        "别人已经审过这一条，您的决定没有写入。请看现在的样子。"
    ]
    comment.refresh_from_db()
    assert (comment.review, comment.reviewed_by) == ("withhold", other.audit_name)


def test_list_of_piles_asks_as_often_for_one_as_for_three(
    spoken: Callable[..., Round],
    clerk_client: Client,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    spoken(31, 32, 33, said={0: WORDS[0]})
    clerk_client.get(url("pile-list"))
    with CaptureQueriesContext(connection) as one:
        assert len(clerk_client.get(url("pile-list")).context["waiting"]) == 1
    first = Comment.objects.get()
    for place in (SECOND, THIRD):
        pk = uuid4()
        Comment.objects.create(
            id=pk,
            round=first.round,
            community_id=place,
            text=comments.sealed(WORDS[1], pk),
            salt=pk.bytes,
        )
    with django_assert_num_queries(len(one)):
        assert len(clerk_client.get(url("pile-list")).context["waiting"]) == 3
