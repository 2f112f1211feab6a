"""The verbs of the room: its table of contents (T16)."""

from ballots.actions.boxes import (
    BoxTerms,
    close_box,
    destroy_box,
    finish_opened,
    open_voting,
    set_up_box,
    sweep_half_keys,
)
from ballots.actions.codes import (
    IssuedCode,
    Place,
    issue_codes,
    reissue_code,
    void_code,
)
from ballots.actions.deadlines import deadline_refusal, move_deadline
from ballots.actions.unlinking import unlink_box

__all__ = [
    "BoxTerms",
    "IssuedCode",
    "Place",
    "close_box",
    "deadline_refusal",
    "destroy_box",
    "finish_opened",
    "issue_codes",
    "move_deadline",
    "open_voting",
    "reissue_code",
    "set_up_box",
    "sweep_half_keys",
    "unlink_box",
    "void_code",
]
