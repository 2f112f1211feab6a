"""Refusals of the review of words, as a reader is told."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from surveys.actions import (
    CommentRefused,
    DecidedMeanwhile,
    OfRatedUnit,
    WordsAreGone,
)

_PLAIN: dict[type[Exception], Callable[[], str]] = {
    DecidedMeanwhile: lambda: _(
        "别人已经审过这一条，您的决定没有写入。请看现在的样子。"
    ),
    OfRatedUnit: lambda: _("您是这里的被评干部，不能读这里的留言。"),
    WordsAreGone: lambda: _("原话已经到期删除，不能再改。"),
}


def told(refusal: CommentRefused) -> str:
    return _PLAIN[type(refusal)]()
