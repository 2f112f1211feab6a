"""Verbs of a round, from its preparation to its opened box (domain 3.9)."""

from surveys.actions.closing import (
    annul_round,
    close_round,
    finish_round_box,
    list_tampered,
    mark_published,
    move_round_deadline,
    open_round,
    open_round_box,
)
from surveys.actions.codes import (
    IssuedSlips,
    issue_round_codes,
    reissue_batch,
    reissue_household_code,
    void_household_code,
)
from surveys.actions.comments import (
    CommentRefused,
    DecidedMeanwhile,
    OfRatedUnit,
    WordsAreGone,
    open_pile,
    review_comment,
)
from surveys.actions.countersigning import (
    agree_to,
    print_agreed,
    propose_act,
    withdraw_act,
)
from surveys.actions.drawing import (
    redo_draw,
    release_reserve,
    reveal_seed,
    settle_household,
)
from surveys.actions.preparing import (
    approve_round,
    prepare_round,
    propose_again,
    recuse_household,
)
from surveys.actions.reporting import read_reports, report_coercion
from surveys.actions.states import (
    DraftChanged,
    DraftTooOld,
    NothingTampered,
    NothingToIssue,
    NotProposed,
    RoundError,
    RoundExists,
    RoundNotReady,
    SamePerson,
    WrongState,
)

__all__ = [
    "CommentRefused",
    "DecidedMeanwhile",
    "DraftChanged",
    "DraftTooOld",
    "IssuedSlips",
    "NotProposed",
    "NothingTampered",
    "NothingToIssue",
    "OfRatedUnit",
    "RoundError",
    "RoundExists",
    "RoundNotReady",
    "SamePerson",
    "WordsAreGone",
    "WrongState",
    "agree_to",
    "annul_round",
    "approve_round",
    "close_round",
    "finish_round_box",
    "issue_round_codes",
    "list_tampered",
    "mark_published",
    "move_round_deadline",
    "open_pile",
    "open_round",
    "open_round_box",
    "prepare_round",
    "print_agreed",
    "propose_act",
    "propose_again",
    "read_reports",
    "recuse_household",
    "redo_draw",
    "reissue_batch",
    "reissue_household_code",
    "release_reserve",
    "report_coercion",
    "reveal_seed",
    "review_comment",
    "settle_household",
    "void_household_code",
    "withdraw_act",
]
