"""The verbs of a rating: from review to publication, and what may undo it (3.9)."""

from evaluations.actions.announcing import start_publicity
from evaluations.actions.appealing import (
    accept_appeal,
    countersign_set_aside,
    decide_appeal,
    decline_set_aside,
    file_appeal,
    propose_set_aside,
)
from evaluations.actions.errors import (
    AppealFiled,
    NotAnnounced,
    NotAppealable,
    NothingToAnnounce,
    NothingToPreview,
    NothingToPublish,
    NoticeRuns,
    NotPreviewed,
    NotReviewed,
    NotWhatWasShown,
    NotYours,
    RatingError,
    RoundNotInWindow,
    SamePerson,
    TooLate,
    TrailIsBroken,
    WrongState,
    YearIsClosed,
)
from evaluations.actions.months import digest_of
from evaluations.actions.previewing import preview_month
from evaluations.actions.publishing import publish_month
from evaluations.actions.reviewing import (
    return_rating,
    review_month,
    review_ratings,
)
from evaluations.actions.withdrawing import (
    decline_withdrawal,
    propose_withdrawal,
    withdraw_publication,
)
from evaluations.actions.years import enter_closed_year
from evaluations.models.appeals import ANSWERED_WITHIN
from evaluations.models.publicity import LEAST_DAYS

__all__ = [
    "ANSWERED_WITHIN",
    "LEAST_DAYS",
    "AppealFiled",
    "NotAnnounced",
    "NotAppealable",
    "NotPreviewed",
    "NotReviewed",
    "NotWhatWasShown",
    "NotYours",
    "NothingToAnnounce",
    "NothingToPreview",
    "NothingToPublish",
    "NoticeRuns",
    "RatingError",
    "RoundNotInWindow",
    "SamePerson",
    "TooLate",
    "TrailIsBroken",
    "WrongState",
    "YearIsClosed",
    "accept_appeal",
    "countersign_set_aside",
    "decide_appeal",
    "decline_set_aside",
    "decline_withdrawal",
    "digest_of",
    "enter_closed_year",
    "file_appeal",
    "preview_month",
    "propose_set_aside",
    "propose_withdrawal",
    "publish_month",
    "return_rating",
    "review_month",
    "review_ratings",
    "start_publicity",
    "withdraw_publication",
]
