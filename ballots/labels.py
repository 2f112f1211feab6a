"""Which place and mode an opened answer keeps (T58, T59). Pure; before decryption.

Inside the office the takers are known by name, so a label that covers very few answers
tells whose they are. Coarser labels are therefore fixed before anything is readable.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

MIXED = "mixed"
COMMUNITY_DIGITS, STREET_DIGITS, DISTRICT_DIGITS = 12, 9, 6
WORDS_FLOOR = 30


@dataclass(frozen=True, slots=True)
class Label:
    """`place`: stratum, community, street (its others) or district; `words`: T59."""

    place: str
    mode: str
    words: str


Counts = Mapping[tuple[str, str], int]


def community_of(stratum: str) -> str:
    """Strata begin with the code of their community; others are their own."""
    code = stratum[:COMMUNITY_DIGITS]
    return code if len(code) == COMMUNITY_DIGITS and code.isdigit() else stratum


def assign(
    counts: Counts, *, floor: int, division: str
) -> dict[tuple[str, str], Label | None]:
    """Labels of every (stratum, mode); None means: not opened, only counted.

    `counts`: envelopes per (stratum, mode), each above 0. `floor`: at least that many
    envelopes stand under every (place, mode), every place and every words label.

    1. strata below the floor go under their community, communities under "other in
       the street", these under the district; what is still too few is not opened;
    2. inside a place, modes below the floor become mixed, and mixed takes in the next
       smallest mode until it reaches the floor;
    3. words name the community from 30 envelopes on, else only the division of the box.
    """
    per_stratum: Counter[str] = Counter()
    for (stratum, _mode), count in counts.items():
        per_stratum[stratum] += count
    places = _places(per_stratum, floor)
    per_place: dict[str, Counter[str]] = {}
    for (stratum, mode), count in counts.items():
        if place := places[stratum]:
            per_place.setdefault(place, Counter())[mode] += count
    modes = {place: _modes(found, floor) for place, found in per_place.items()}
    opened = Counter({s: n for s, n in per_stratum.items() if places[s]})
    words = _words(opened, floor, division)
    labels: dict[tuple[str, str], Label | None] = {}
    for stratum, mode in counts:
        place = places[stratum]
        labels[stratum, mode] = (
            Label(place, modes[place][mode], words[community_of(stratum)])
            if place
            else None
        )
    return labels


def _rungs(stratum: str) -> list[str]:
    """Stratum, community, street, district; the same length for all with a code."""
    community = community_of(stratum)
    if len(community) != COMMUNITY_DIGITS or not community.isdigit():
        return [stratum]
    street, district = community[:STREET_DIGITS], community[:DISTRICT_DIGITS]
    return [stratum, community, street, district]


def _places(per_stratum: Counter[str], floor: int) -> dict[str, str]:
    """Climb rung by rung; those that stand together with enough others stay there."""
    places: dict[str, str] = {}
    climbing = {stratum: _rungs(stratum) for stratum in per_stratum}
    for rung in range(max((len(rungs) for rungs in climbing.values()), default=0)):
        groups: dict[str, list[str]] = {}
        for stratum, rungs in climbing.items():
            if stratum not in places and rung < len(rungs):
                groups.setdefault(rungs[rung], []).append(stratum)
        for name, strata in groups.items():
            if sum(per_stratum[stratum] for stratum in strata) >= floor:
                places.update(dict.fromkeys(strata, name))
    return {stratum: places.get(stratum, "") for stratum in per_stratum}


def _modes(found: Counter[str], floor: int) -> dict[str, str]:
    """Smallest first into mixed until it is large enough (T59)."""
    ascending = sorted(found, key=lambda mode: (found[mode], mode))
    mixed = [mode for mode in ascending if found[mode] < floor]
    rest = [mode for mode in ascending if found[mode] >= floor]
    while mixed and sum(found[mode] for mode in mixed) < floor:
        mixed.append(rest.pop(0))
    return {mode: MIXED if mode in mixed else mode for mode in found}


def _words(opened: Counter[str], floor: int, division: str) -> dict[str, str]:
    """Community from 30 envelopes on; those without a name are at least `floor`."""
    found: Counter[str] = Counter()
    for stratum, count in opened.items():
        found[community_of(stratum)] += count
    ascending = sorted(found, key=lambda community: (found[community], community))
    nameless = [community for community in ascending if found[community] < WORDS_FLOOR]
    named = [community for community in ascending if found[community] >= WORDS_FLOOR]
    while nameless and named and sum(found[c] for c in nameless) < floor:
        nameless.append(named.pop(0))
    return {
        community: division if community in nameless else community
        for community in found
    }
