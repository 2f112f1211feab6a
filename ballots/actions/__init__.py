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

__all__ = [
    "BoxTerms",
    "IssuedCode",
    "Place",
    "close_box",
    "destroy_box",
    "finish_opened",
    "issue_codes",
    "open_voting",
    "reissue_code",
    "set_up_box",
    "sweep_half_keys",
    "void_code",
]
