"""What happens to an opened ballot: checked, scored, stored. Nothing else (T48).

The opening hands over papers without household, code or time, in shuffled order, and
this runs inside its transaction. Whoever looks for the line between who answered and
what was answered finds it between that call and this file.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from operator import contains
from typing import Any

from audit import crypto
from audit.actions import Actor, record
from audit.vendor_sql import (
    PACKED_NULL,
    Remembered,
    copy_packed,
    copy_rows,
    packed,
    packed_count,
    packed_number,
)
from ballots.models import Opening
from ballots.opening import OpenedPaper, OpenedWords
from surveys.models import ITEM_COLUMNS, Comment, OpenedResponse, Round
from surveys.parameters import RoundParameters
from surveys.scores import Usability

RESPONSE_COLUMNS = (
    "id",
    "round_id",
    "community_id",
    "subject_id",
    "mode",
    "assisted",
    *ITEM_COLUMNS,
    "usability",
    "score",
    "salt",
)
COMMENT_COLUMNS = (
    "id",
    "round_id",
    "community_id",
    "text",
    "review",
    "blackouts",
    "reviewed_by",
    "is_raw",
    "salt",
)
NOTHING_BLACK, NOBODY, RAW = "[]", "", True
STORED = {
    Usability.COMPLETE: OpenedResponse.Usability.COMPLETE.value,
    Usability.PARTIAL: OpenedResponse.Usability.PARTIAL.value,
    Usability.BREAK_OFF: OpenedResponse.Usability.BREAK_OFF.value,
}
ASSISTED = frozenset({"none", "family", "volunteer", "agency"})
MODES = frozenset({"online", "paper", "phone", "visit", "mixed"})
# As the columns are typed: bytes of a key, of a level, of a score.
KEY, LEVEL, SCORE = 8, 2, 4
COLUMNS_AHEAD = packed_count(RESPONSE_COLUMNS)
TEXTS = {name: packed(name.encode()) for name in ASSISTED | MODES}
USABLE = {found: packed(stored.encode()) for found, stored in STORED.items()}
LEVELS: Remembered[int | None] = Remembered(
    lambda level: packed_number(level, size=LEVEL)
)


class NotClosed(Exception):
    """The round left the state "closed" while its box was being opened."""


class RoundSink:
    """One opening of one round's box. Everything it needs was frozen with the round."""

    def __init__(self, survey_round: Round, *, by: Actor, at: dt.datetime) -> None:
        self.round = survey_round
        self.by, self.at = by, at
        questions = list(survey_round.questionnaire.questions.order_by("order"))
        levels = survey_round.questionnaire.options.values_list("level", flat=True)
        known = frozenset(level for level in levels if level) | {None}
        self.allowed = [
            known | {0} if question.allow_not_sure else known for question in questions
        ]
        read = RoundParameters.from_mapping(survey_round.parameters)
        self.rule = read.score_rule([question.weight for question in questions])
        self.subjects: dict[str, int] = dict(
            survey_round.subjects.values_list("community_id", "appointment_id")
        )
        blanks = len(ITEM_COLUMNS) - len(questions)
        self.head = packed_number(survey_round.pk, size=KEY)
        self.blanks = PACKED_NULL * blanks
        self.places = Remembered(self._packed_place)

    def papers(self, batch: Sequence[OpenedPaper]) -> int:
        """Store the valid papers of a batch; how many were invalid (T52)."""
        valid = [paper for paper in batch if self._is_valid(paper)]
        rows = map(self._packed_response, valid)
        copy_packed(OpenedResponse, RESPONSE_COLUMNS, rows)
        return len(batch) - len(valid)

    def words(self, batch: Sequence[OpenedWords]) -> None:
        """Store words sealed anew, apart from any marks (T27)."""
        copy_rows(Comment, COMMENT_COLUMNS, self._comments(batch))

    def finish(self, opening: Opening) -> None:
        """closed → tallied, in the transaction that is the claim (T12)."""
        closed = Round.objects.closed().filter(pk=self.round.pk)
        if not closed.update(state=Round.State.TALLIED):
            raise NotClosed(self.round.code)
        record(
            "round.tallied",
            target=self.round,
            by=self.by,
            at=self.at,
            division=self.round.division_id,
            data={
                "code": self.round.code,
                "papers": opening.papers,
                "invalid": opening.invalid,
                "withheld": opening.withheld,
            },
        )

    def _is_valid(self, paper: OpenedPaper) -> bool:
        return (
            paper.slot == 0
            and paper.mode in MODES
            and paper.assisted in ASSISTED
            and len(paper.items) == len(self.allowed)
            and all(map(contains, self.allowed, paper.items))
        )

    def _packed_response(self, paper: OpenedPaper) -> bytes:
        """A row of RESPONSE_COLUMNS, packed: a million of them are written at once."""
        usability, score = self.rule.rated(paper.items)
        return b"".join(
            (
                COLUMNS_AHEAD,
                packed(paper.id.bytes),
                self.head,
                self.places[paper.label],
                TEXTS[paper.mode],
                TEXTS[paper.assisted],
                *[LEVELS[item] for item in paper.items],
                self.blanks,
                USABLE[usability],
                packed_number(score, size=SCORE),
                packed(paper.salt),
            )
        )

    def _packed_place(self, label: str) -> bytes:
        """Community and subject."""
        community = self._community(label)
        place = PACKED_NULL if community is None else packed(community.encode())
        return place + packed_number(self.subjects.get(label), size=KEY)

    def _comments(self, batch: Sequence[OpenedWords]) -> Iterator[tuple[Any, ...]]:
        for words in batch:
            text = crypto.seal_field(
                words.text, table="surveys_comment", column="text", row=words.id
            )
            yield (
                words.id,
                self.round.pk,
                self._community(words.label),
                text,
                Comment.Review.PENDING.value,
                NOTHING_BLACK,
                NOBODY,
                RAW,
                words.salt,
            )

    def _community(self, label: str) -> str | None:
        """The community of a label; wider labels belong to the larger area (T59)."""
        return label if label in self.subjects else None
