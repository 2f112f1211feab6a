"""Reads for published versions: which there are, what stands, what was taken back."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from evaluations import publication as gate
from evaluations.appeal_queries import under_appeal
from evaluations.models import MonthlyRating, Publication, PublicityNotice, Withdrawal
from evaluations.publication import Audience, Released, Withheld
from officials.models import Division

Figure = Released | Withheld


@dataclass(frozen=True, slots=True)
class Version:
    """A published version of a month.

    `replaced_by`: the number of the next one, None for the newest; `taken_back`: the
    withdrawal of this version or of a later one, after which it shows no figures.
    """

    publication: Publication
    replaced_by: Publication | None
    taken_back: Withdrawal | None


@dataclass(frozen=True, slots=True)
class Line:
    """One appointment of a version or notice; `is_appealed`: 申诉复核中."""

    rating: MonthlyRating
    figure: Figure
    is_appealed: bool


def versions_of(district: Division, month: str) -> list[Version]:
    """All versions, the newest first; old ones stay readable (T130)."""
    publications = list(
        Publication.objects.filter(division=district, month=month)
        .select_related("reviewed_by", "published_by", "division")
        .order_by("-version")
    )
    done = {
        withdrawal.publication_id: withdrawal
        for withdrawal in Withdrawal.objects.filter(
            publication__in=publications, state=Withdrawal.State.DONE
        )
    }
    versions: list[Version] = []
    taken_back: Withdrawal | None = None
    for publication in publications:
        # Whoever reads an older version would read what was taken back with it.
        taken_back = done.get(publication.pk, taken_back)
        newer = versions[-1].publication if versions else None
        versions.append(Version(publication, newer, taken_back))
    return versions


def version_of(district: Division, month: str, number: int) -> Version | None:
    for version in versions_of(district, month):
        if version.publication.version == number:
            return version
    return None


def lines_of(version: Version) -> list[Line]:
    """What the version told everybody, by community; nothing once it was withdrawn."""
    if version.taken_back is not None:
        return []
    ratings = _ratings(publications__publication=version.publication)
    return _lines(
        ratings, [gate.release(rating, Audience.PUBLIC) for rating in ratings]
    )


def lines_on(notice: PublicityNotice) -> list[Line]:
    """What hangs, or hung, on the notice board, by community."""
    ratings = _ratings(notices__notice=notice)
    return _lines(ratings, [gate.announce(rating) for rating in ratings])


def waiting_withdrawals(
    district: Division, month: str, *, at: dt.datetime
) -> list[Withdrawal]:
    """Proposals that a second person may still agree to."""
    proposed = Withdrawal.objects.filter(
        publication__division=district,
        publication__month=month,
        state=Withdrawal.State.PROPOSED,
    ).select_related("publication", "proposed_by")
    return [withdrawal for withdrawal in proposed if withdrawal.waits(at=at)]


def _ratings(**of: object) -> list[MonthlyRating]:
    ratings = MonthlyRating.objects.with_names().filter(**of)
    return list(
        ratings.select_related("because").order_by("community_id", "appointment_id")
    )


def _lines(ratings: Sequence[MonthlyRating], figures: Sequence[Figure]) -> list[Line]:
    appealed = under_appeal(ratings)
    return [
        Line(rating, figure, rating.pk in appealed)
        for rating, figure in zip(ratings, figures, strict=True)
    ]
