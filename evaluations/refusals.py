"""Refusals in the words of the desk: what is wrong and what can be done about it."""

from django.utils.translation import gettext as _

from evaluations.actions import (
    NothingToPublish,
    NotReviewed,
    RatingError,
    SamePerson,
)


def told(error: RatingError) -> str:
    """One sentence for a person."""
    if isinstance(error, NotReviewed):
        return _("还有 %(number)s 项没有复核，复核完才能发布。") % {
            "number": len(error.communities)
        }
    if isinstance(error, SamePerson):
        return _("需要另一个人：复核过的人不能发布。")
    if isinstance(error, NothingToPublish):
        return _("这个月没有等待发布的结果。")
    return _("这一项的状态已经变了，请看最新的页面。")
