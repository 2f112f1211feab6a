"""Words of households: whose ear they may reach, and where they may be said to be from.

A comment belongs to a round and to a place: its community if enough households of it
replied in that round, else the area of the round (M87). Nothing is read below ten
replies. The order is that of random bytes: no date, no tie to marks (T128).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef

from accounts.prefixes import Scopes
from audit import crypto
from ballots.models import Opening
from officials.models import Appointment, Division
from surveys.blackouts import blacked
from surveys.models import Comment, CommentQuerySet, Round
from surveys.queries import taken_part

TABLE, COLUMN = "surveys_comment", "text"
# M87: `publish.text` and `publish.text_place`, which no scheme may lower.
LEAST_REPLIES, LEAST_TO_NAME_PLACE = 10, 30
COMMUNITY_DIGITS = 12
READABLE = (Round.State.TALLIED, Round.State.PUBLISHED)
Review = Comment.Review


@dataclass(frozen=True, slots=True)
class Told:
    """Words as they may be printed, blacked out; `is_internal`: for the office only."""

    text: str
    is_internal: bool


@dataclass(frozen=True, slots=True)
class Pile:
    """The words of one round from one place, and how far their review has come."""

    survey_round: Round
    place: Division
    pending: int
    publish: int
    private: int
    withhold: int

    @property
    def total(self) -> int:
        return self.pending + self.publish + self.private + self.withhold

    @property
    def done(self) -> int:
        return self.total - self.pending


def comments_told(
    place: str, *, months: Collection[str], for_office: bool = False
) -> list[Told]:
    """Reviewed words from a community, or from the area of a round, of some months.

    `place`: code of a community or of a round's area (the street); words are told at
    one of the two, never at both. Everybody but the office hears only what was released
    for publication, of rounds that are published (T86, T126); the office hears what is
    kept internal too. Every round gives at least ten replies of its own, for what is
    new since last month is found by comparing. In random order, which never changes.
    """
    reviews = (Review.PUBLISH, Review.PRIVATE) if for_office else (Review.PUBLISH,)
    states = READABLE if for_office else (Round.State.PUBLISHED,)
    rounds = _rounds_of(
        place, Round.objects.filter(period__in=months, state__in=states)
    )
    known = _places_of(rounds)
    found = Comment.objects.none()
    for survey_round in rounds:
        found |= _belonging(survey_round, known[survey_round.pk], place)
    told = found.filter(review__in=reviews).exclude(text=b"").shuffled()
    return [
        Told(
            text=blacked(text_of(comment), comment.blackouts),
            is_internal=comment.review == Review.PRIVATE,
        )
        for comment in told
    ]


def piles_within(scopes: Scopes) -> list[Pile]:
    """What a reader may review, the newest round first; a few queries for all."""
    with_words = Comment.objects.filter(round=OuterRef("pk")).exclude(text=b"")
    rounds = Round.objects.filter(Exists(with_words), state__in=READABLE)
    ordered = list(rounds.order_by("-period", "division_id"))
    known = _places_of(ordered)
    counted = _counted(ordered, known)
    names = Division.objects.in_bulk([place for _pk, place in counted])
    return [
        Pile(survey_round, names[place], **{r: counts[r] for r in Review.values})
        for survey_round in ordered
        for (pk, place), counts in sorted(counted.items())
        if pk == survey_round.pk and scopes.cover(place)
    ]


def pile_of(survey_round: Round, place: str) -> Pile | None:
    """The words of a round from a place; None where there are none to be read."""
    counts = _counted([survey_round], _places_of([survey_round]))
    found = counts.get((survey_round.pk, place))
    if found is None or survey_round.state not in READABLE:
        return None
    name = Division.objects.get(pk=place)
    return Pile(survey_round, name, **{r: found[r] for r in Review.values})


def comments_of(survey_round: Round, place: str) -> CommentQuerySet:
    """The words of a round that belong to a place; none below ten replies."""
    places = _places_of([survey_round])[survey_round.pk]
    return _belonging(survey_round, places, place)


def place_of(comment: Comment) -> str | None:
    """Where the words may be said to be from; None: nobody reads them."""
    return _places_of([comment.round])[comment.round_id].of(comment.community_id)


def text_of(comment: Comment) -> str:
    """What the household wrote. For its reviewer, and for `blacked`, only."""
    return crypto.open_field(comment.text, table=TABLE, column=COLUMN, row=comment.pk)


def sealed(text: str, pk: UUID) -> bytes:
    return crypto.seal_field(text, table=TABLE, column=COLUMN, row=pk)


def names_at(place: str) -> list[str]:
    """Officials of a place and of what lies in it, who ought not to be named."""
    held = Appointment.objects.filter(
        post__organization__division__code__startswith=place
    )
    return sorted(set(held.values_list("official__name", flat=True)))


@dataclass(frozen=True, slots=True)
class _Places:
    """`named`: communities with enough replies; the rest is the `area`'s."""

    area: str
    named: frozenset[str]
    area_is_readable: bool

    def of(self, community: str | None) -> str | None:
        if community in self.named:
            return community
        return self.area if self.area_is_readable else None


def _places_of(rounds: Collection[Round]) -> dict[int, _Places]:
    """Which communities of a round may be named, and whether the rest may be read.

    As the opening put words under labels: where the small communities together are too
    few, the smallest of the others stands among them. Envelopes that stayed closed
    count for nobody.
    """
    taken = taken_part(rounds)
    openings = Opening.objects.filter(box__in=[found.box_id for found in rounds])
    closed = dict(openings.values_list("box_id", "withheld"))
    return {
        found.pk: _split(
            found, taken.get(found.box_id, {}), withheld=closed.get(found.box_id, 0)
        )
        for found in rounds
        if found.box_id
    }


def _split(survey_round: Round, taken: Mapping[str, int], *, withheld: int) -> _Places:
    floor = _field(survey_round, "publish.text", LEAST_REPLIES)
    to_name = _field(survey_round, "publish.text_place", LEAST_TO_NAME_PLACE)
    replies: Counter[str] = Counter()
    for stratum, count in taken.items():
        replies[stratum[:COMMUNITY_DIGITS]] += count
    ascending = sorted(replies, key=lambda code: (replies[code], code))
    named = [code for code in ascending if replies[code] >= to_name]
    rest = sum(replies[code] for code in ascending if code not in named) - withheld
    if named and rest < floor:
        rest += replies[named[0]]
    return _Places(survey_round.division_id, frozenset(named), rest >= floor)


def _belonging(survey_round: Round, places: _Places, place: str) -> CommentQuerySet:
    of_round = Comment.objects.filter(round=survey_round)
    if place == places.area:
        of_area = of_round.exclude(community__in=places.named)
        return of_area if places.area_is_readable else of_round.none()
    is_named = place in places.named
    return of_round.filter(community=place) if is_named else of_round.none()


def _counted(
    rounds: Collection[Round], known: Mapping[int, _Places]
) -> dict[tuple[int, str], Counter[str]]:
    """Round and place -> numbers of words by decision."""
    counted: dict[tuple[int, str], Counter[str]] = {}
    rows = Comment.objects.filter(round__in=rounds).exclude(text=b"")
    for pk, community, review in rows.values_list("round_id", "community", "review"):
        if place := known[pk].of(community):
            counted.setdefault((pk, place), Counter())[review] += 1
    return counted


def _field(survey_round: Round, name: str, least: int) -> int:
    return max(least, int(survey_round.parameters.get(name, least)))


def _rounds_of(place: str, rounds: Iterable[Round]) -> list[Round]:
    """Rounds whose area is the place or holds it."""
    return [found for found in rounds if place.startswith(found.division_id)]
