"""待核实: households that somebody should look at, one after the other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scopes
from residents import doubts, privacy
from residents.doubts import NOT_LISTED
from residents.importers.checks import RULES
from residents.models import Dwelling, Household

NOT_LISTED_SENTENCE = _("新名册里没有这一户，请核对还在不在。")


def open_reviews(scopes: Scopes, *, community: str, code: str) -> QuerySet[Household]:
    """In the order of their doors, so that next and previous are next doors."""
    households = (
        Household.objects.current()
        .within(scopes)
        .filter(needs_review=True, dwelling__status=Dwelling.Status.ACTIVE)
        .select_related("dwelling", "community")
        .order_by("dwelling__address_key")
    )
    if community:
        households = households.filter(community__code=community)
    return households.filter(has_code(code)) if code else households


def suspended(scopes: Scopes) -> QuerySet[Dwelling]:
    """Dwellings out of every frame, in the order of their doors."""
    found = Dwelling.objects.within(scopes).filter(status=Dwelling.Status.SUSPENDED)
    return found.select_related("community").order_by("address_key")


def has_code(code: str) -> Q:
    return (
        Q(review_codes=code)
        | Q(review_codes__startswith=f"{code},")
        | Q(review_codes__endswith=f",{code}")
        | Q(review_codes__contains=f",{code},")
    )


def sentence_of(code: str) -> str | Promise:
    if code == NOT_LISTED:
        return NOT_LISTED_SENTENCE
    return RULES[code].sentence if code in RULES else code


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One household, masked."""

    household: Household
    head: str
    phone: str
    reasons: list[str | Promise]


def review_lines(households: Iterable[Household]) -> list[ReviewLine]:
    return [review_line(household) for household in households]


def review_line(household: Household) -> ReviewLine:
    person = privacy.masked_person(household)
    return ReviewLine(
        household,
        person.head_name,
        person.phone or person.landline,
        [sentence_of(code) for code in doubts.split(household.review_codes)],
    )


def reason_choices(households: QuerySet[Household]) -> list[tuple[str, Any]]:
    """The reasons that are open, the frequent ones first."""
    counts: Counter[str] = Counter()
    groups = households.order_by().values_list("review_codes").annotate(n=Count("pk"))
    for codes, number in groups:
        counts.update(dict.fromkeys(doubts.split(codes), number))
    return [
        (
            code,
            _("%(sentence)s（%(number)s）")
            % {"sentence": sentence_of(code), "number": number},
        )
        for code, number in counts.most_common()
    ]


def community_choices(households: QuerySet[Household]) -> list[tuple[str, str]]:
    found = households.order_by("community_id")
    return list(found.values_list("community_id", "community__short_name").distinct())


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where one household stands in the list that is worked through."""

    before: Household | None
    after: Household | None
    left: int


def neighbours_of(household: Household, listed: QuerySet[Household]) -> Neighbours:
    key = household.dwelling.address_key
    return Neighbours(
        listed.filter(dwelling__address_key__lt=key).last(),
        listed.filter(dwelling__address_key__gt=key).first(),
        listed.count(),
    )
