"""Refusals of the verbs; `evaluations.refusals` puts them into words."""

import datetime as dt
from collections.abc import Collection


class RatingError(Exception):
    """Every refusal of a rating's verbs."""


class WrongState(RatingError):
    """The rating, appeal or proposal has moved on; the page that asked was old."""


class OfCommunities(RatingError):
    """A refusal for some communities of the month, named by `communities`."""

    def __init__(self, communities: Collection[str]) -> None:
        super().__init__(", ".join(communities))
        self.communities = list(communities)


class NotReviewed(OfCommunities):
    """Something of the month is not reviewed."""


class NotPreviewed(OfCommunities):
    """Something of the month was not shown to the rated person (T131)."""


class NotAnnounced(OfCommunities):
    """Something of the month has not hung on the notice board (T131)."""


class NothingToPreview(RatingError):
    """No reviewed rating of the month waits to be shown to the rated person."""


class NothingToAnnounce(RatingError):
    """No rating of the month waits for the notice board."""


class NothingToPublish(RatingError):
    """No rating of the month waits for publication."""


class NoticeRuns(RatingError):
    """The publicity period is not over; `ends_on` is its last day (T131)."""

    def __init__(self, ends_on: dt.date) -> None:
        super().__init__(ends_on.isoformat())
        self.ends_on = ends_on


class SamePerson(RatingError):
    """Who had a hand in it before does not do this too (T92, T131)."""


class NotWhatWasShown(RatingError):
    """What would be done is not what was on the page (T92)."""


class TrailIsBroken(RatingError):
    """Nothing is announced or published while the trail does not fit (T78)."""


class YearIsClosed(RatingError):
    """The star of the year is decided; it is not decided twice."""


class NotYours(RatingError):
    """Appeals are the rated person's own."""


class NotAppealable(RatingError):
    """The result is not shown yet, or the last day for an appeal is over."""


class AppealFiled(RatingError):
    """One appeal for one result."""


class RoundNotInWindow(RatingError):
    """The figure does not rest on that round, or its part is annulled already."""


class TooLate(RatingError):
    """A proposal waits 72 hours for the second person (T92)."""
