"""What the residents' pages show: plain values, made once and kept for a minute.

A box is frozen before it opens, so its questions, texts and subject are read once per
process and language; a visit costs the database the code, the seal and nothing else.
"""

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

import segno
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from ballots.labels import community_of
from ballots.models import BallotBox, PromiseText
from officials.models import Division
from surveys.ballot_cookies import Look
from surveys.ballot_forms import TELLING, Answers, gives_away, in_groups
from surveys.ballot_shells import Shell
from surveys.models import Question, Questionnaire, Round, RoundSubject

KEPT_FOR = dt.timedelta(minutes=1)
MOST_KEPT = 1000
SHORT_LINES = 5
DIGEST_SHOWN = 16
STOPS = "。.!！"


@dataclass(frozen=True, slots=True)
class Choice:
    level: int
    words: str
    aside: str

    @classmethod
    def of(cls, level: int, text: str) -> "Choice":
        """What stands in brackets is set smaller, so that all boxes stay alike."""
        for bracket in ("（", " ("):
            words, found, aside = text.partition(bracket)
            if found:
                return cls(level, words, found.strip() + aside)
        return cls(level, text, "")


@dataclass(frozen=True, slots=True)
class QuestionShown:
    number: int
    name: str
    dimension: str
    text: str
    choices: tuple[Choice, ...]
    previous: str
    next: str

    def answer_text(self, answer: int | None) -> str:
        if answer is None:
            return _("没有答")
        return next(c.words for c in self.choices if c.level == answer)


@dataclass(frozen=True, slots=True)
class TextShown:
    """A stored promise or notice, word for word, with version, date and digest (T2)."""

    title: str
    lines: tuple[str, ...]
    edition: str

    @classmethod
    def of(cls, text: PromiseText) -> "TextShown":
        return cls(
            title=str(text.get_kind_display()),
            lines=tuple(line for line in text.lines if line.strip()),
            edition=_("第 %(version)s 版，%(date)s，校验码 %(digest)s")
            % {
                "version": text.version,
                "date": date_format(text.issued_on, "Y-m-d"),
                "digest": bytes(text.digest).hex()[:DIGEST_SHOWN],
            },
        )

    @property
    def short(self) -> tuple[str, ...]:
        """The first sentences of the first lines: never a word that is not stored."""
        return tuple(first_sentence(line) for line in self.lines[:SHORT_LINES])


def first_sentence(line: str) -> str:
    ends = [at for stop in STOPS if (at := line.find(stop)) > 0]
    return line[: min(ends) + 1] if ends else line


@dataclass
class BallotPage:
    """Everything on the form that is the same for all households of a stratum."""

    place: str
    post: str
    name: str
    opening: str
    closes_at: str
    web_closes_at: dt.datetime
    assurance: str
    caveat: str
    comment: str
    promise: TextShown
    notice: TextShown
    questions: tuple[QuestionShown, ...]
    telling: str = TELLING
    fragments: dict[tuple[int, int | None, bool], SafeString] = field(
        default_factory=dict
    )
    lines: dict[tuple[int, int | None], SafeString] = field(default_factory=dict)
    shells: dict[tuple[str, bool, bool], Shell] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return len(self.questions)

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        return tuple(question.name for question in self.questions)

    @cached_property
    def blank_answers(self) -> Answers:
        return Answers((None,) * self.total, "")

    @cached_property
    def start(self) -> SafeString:
        return render_to_string("surveys/includes/_ballot_start.html", {"page": self})

    def questions_with(self, answers: Answers, *, reviewing: bool) -> str:
        """The questions as HTML, each rendered once for each of its seven states."""
        return "".join(
            self._question_with(question, answer, reviewing)
            for question, answer in zip(self.questions, answers.items, strict=True)
        )

    def review_lines(self, answers: Answers) -> SafeString:
        """The answers in words as HTML, each rendered once for each choice."""
        return SafeString(
            "".join(
                self._review_line(question, answer)
                for question, answer in zip(self.questions, answers.items, strict=True)
            )
        )

    def form_shell(self, look: Look, *, reviewing: bool, held: bool) -> Shell:
        """The form around the answers, rendered once for each way it can look."""
        key = (look.value, reviewing, held)
        if key not in self.shells:
            always = ("csrf_token", "nonce", "questions", "too_long", "words")
            gaps = [*always, *(("seen", "review") if reviewing else ())]
            context = {"page": self, "look": look, "reviewing": reviewing}
            if held:
                gaps.append("held")
            self.shells[key] = Shell("surveys/ballot_fill.html", context, gaps)
        return self.shells[key]

    def _review_line(self, question: QuestionShown, answer: int | None) -> SafeString:
        state = (question.number, answer)
        if state not in self.lines:
            self.lines[state] = render_to_string(
                "surveys/includes/_ballot_review_line.html",
                {
                    "question": question,
                    "answer": question.answer_text(answer),
                    "blank": answer is None,
                },
            )
        return self.lines[state]

    def _question_with(
        self, question: QuestionShown, answer: int | None, reviewing: bool
    ) -> SafeString:
        state = (question.number, answer, reviewing)
        if state not in self.fragments:
            self.fragments[state] = render_to_string(
                "surveys/includes/_ballot_question.html",
                {
                    "question": question,
                    "total": self.total,
                    "answer": answer,
                    "reviewing": reviewing,
                },
            )
        return self.fragments[state]


_kept: dict[tuple[UUID, str, str], tuple[dt.datetime, BallotPage]] = {}


def page_for(*, box_id: UUID, stratum: str, at: dt.datetime) -> BallotPage:
    """The page of a stratum in the language of the request.

    Raises ObjectDoesNotExist when no round stands behind the box. Kept for a minute
    only: a deadline may once move to a later day (T14).
    """
    key = (box_id, stratum, get_language() or "")
    made_at, page = _kept.get(key, (None, None))
    if page is None or made_at is None or not made_at <= at < made_at + KEPT_FOR:
        page = _make_page(box_id, stratum)
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = (at, page)
    return page


def forget_pages() -> None:
    """For whoever moved a deadline and does not want to wait a minute."""
    _kept.clear()


def _make_page(box_id: UUID, stratum: str) -> BallotPage:
    box = BallotBox.objects.select_related("promise", "notice").get(pk=box_id)
    survey_round = Round.objects.select_related("questionnaire").get(box=box)
    subject = RoundSubject.objects.select_related(
        "community__parent", "appointment__official", "appointment__post__organization"
    ).get(round=survey_round, community_id=community_of(stratum))
    form, appointment = survey_round.questionnaire, subject.appointment
    name = appointment.official.name
    return BallotPage(
        place=place_of(subject.community),
        post=str(appointment.post),
        name=name,
        opening=form.opening.replace("{name}", name).replace(
            "{community}", str(subject.community)
        ),
        closes_at=date_format(timezone.localtime(box.closes_at), _("n月j日 H:i")),
        web_closes_at=box.web_closes_at,
        assurance=_("基础") if box.is_basic else _("加强"),
        caveat=basic_caveat() if box.is_basic else "",
        comment=form.comment,
        promise=TextShown.of(box.promise),
        notice=TextShown.of(box.notice),
        questions=_questions(form),
    )


def basic_caveat() -> str:
    """The honest addition stands where the level stands, not only in the text (T4)."""
    return _("票箱钥匙由服务器保管，掌握服务器的人技术上可以提前打开。")


def place_of(community: Division) -> str:
    parent = community.parent
    return f"{parent} {community}" if parent else str(community)


def _questions(form: Questionnaire) -> tuple[QuestionShown, ...]:
    """In the order of the form; the sealed items stand in the same order."""
    choices = tuple(
        Choice.of(option.level, option.text) for option in form.options.all()
    )
    without_not_sure = tuple(c for c in choices if c.level != 0)
    questions: list[Question] = list(form.questions.all())
    last = len(questions)
    return tuple(
        QuestionShown(
            number=number,
            name=f"item_{number}",
            dimension=question.dimension,
            text=question.text,
            choices=choices if question.allow_not_sure else without_not_sure,
            previous=f"q{number - 1}" if number > 1 else "start",
            next=f"q{number + 1}" if number < last else "words",
        )
        for number, question in enumerate(questions, start=1)
    )


@dataclass(frozen=True, slots=True)
class Review:
    """All answers in words, before the seal. `changed`: not what was reviewed."""

    lines: str
    blanks: str
    words: str
    no_words: bool
    telling: bool
    changed: bool

    @property
    def html(self) -> SafeString:
        return render_to_string(
            "surveys/includes/_ballot_review.html", {"review": self}
        )

    @classmethod
    def of(cls, page: BallotPage, answers: Answers, *, changed: bool) -> "Review":
        return cls(
            lines=page.review_lines(answers),
            blanks=blanks_text(answers.items.count(None), page.total),
            words=answers.words or _("没有写"),
            no_words=not answers.words,
            telling=gives_away(answers.words, [page.name]),
            changed=changed,
        )


def blanks_text(blank: int, total: int) -> str:
    if not blank:
        return ""
    if blank == total:
        return _("您一题都没有答。可以就这样封票，也可以回去填。")
    return ngettext(
        "还有 %(count)s 题没有答，空着也可以。",
        "还有 %(count)s 题没有答，空着也可以。",
        blank,
    ) % {"count": blank}


@dataclass(frozen=True, slots=True)
class ReceiptShown:
    """HTML of the receipt's groups and of its picture."""

    groups: str
    qr: str

    @classmethod
    def of(cls, receipt: str, *, address: str) -> "ReceiptShown":
        """`address` is the look-up page; the receipt follows in the fragment."""
        # Every mask can be read; looking for the prettiest costs more than the page.
        picture = segno.make_qr(f"{address}#{receipt}", error="m", mask=0)
        groups = "".join(f"<span>{group}</span> " for group in in_groups(receipt))
        return cls(groups, drawn(picture.matrix))


DARK = re.compile(rb"\x01+")
# White modules around the picture, as the standard asks.
QUIET = 4


def drawn(matrix: Iterable[bytearray]) -> str:
    """A square code as SVG: one stroke for each run of dark modules."""
    rows = list(matrix)
    strokes = (
        f"M{run.start() + QUIET} {y}.5h{run.end() - run.start()}"
        for y, row in enumerate(rows, start=QUIET)
        for run in DARK.finditer(bytes(row))
    )
    size = len(rows) + 2 * QUIET
    path = f'<path stroke="#000" d="{"".join(strokes)}"/>'
    return f'<svg viewBox="0 0 {size} {size}" shape-rendering="crispEdges">{path}</svg>'
