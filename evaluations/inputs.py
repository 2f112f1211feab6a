"""What a closed month was made from, held against its digests (M102, M107).

Schemes, frozen rosters, answers, cells and counts: each difference is one line, "what:
kind". Whoever changes a row by hand must change what vouches for it too, and that is
vouched for elsewhere: scheme and snapshot by every record, cells by their round.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

from evaluations.counting import (
    CellCounts,
    basis_of,
    counts_of,
    digest_of,
    has_answers,
)
from evaluations.models import (
    AssessmentScheme,
    CountedRound,
    MonthlyRating,
    ResponseCell,
    StratumCount,
)
from evaluations.scoring.canonical import canonical_json
from evaluations.set_asides import is_left_out, left_out_of
from evaluations.windows import window_strata
from surveys.frozen_rosters import frozen_rosters
from surveys.models import Round

Rounds = Sequence[CountedRound]
Ratings = Sequence[MonthlyRating]


def changed_inputs(ratings: Ratings, rounds: Rounds) -> Iterator[str]:
    """Lines that name what no longer is what the ratings were made from."""
    yield from _schemes(ratings, rounds)
    yield from _snapshots(ratings, rounds)
    for counted in rounds:
        yield from _counts(counted)
    yield from _strata(ratings, rounds)


# --- schemes ------------------------------------------------------------------------


def _schemes(ratings: Ratings, rounds: Rounds) -> Iterator[str]:
    """The scheme's text gives the digest that records and rounds name."""
    recorded = {
        rating.contents["scheme"]["ref"]: rating.contents["scheme"]["sha256"]
        for rating in ratings
    }
    refs = sorted({*recorded, *(counted.round.scheme_ref for counted in rounds)})
    kept = {scheme.ref: scheme for scheme in AssessmentScheme.objects.all()}
    for ref in refs:
        if ref not in kept or not _is_as_named(kept[ref], recorded.get(ref)):
            yield f"{ref}: scheme"
    for counted in rounds:
        if not _keeps_scheme(counted.round, recorded):
            yield f"{counted.round.code}: scheme"
    for rating in ratings:
        named = rating.contents["scheme"]
        if (rating.scheme.ref, recorded[named["ref"]]) != (
            named["ref"],
            named["sha256"],
        ):
            yield f"{rating.name}: scheme"


def _is_as_named(scheme: AssessmentScheme, recorded: str | None) -> bool:
    digest = sha256(scheme.parameters.encode()).hexdigest()
    return digest == scheme.digest_hex and recorded in (digest, None)


def _keeps_scheme(survey_round: Round, recorded: dict[str, str]) -> bool:
    """The parameters frozen with a round are those of the scheme it names."""
    digest = bytes(survey_round.scheme_digest).hex()
    is_named = recorded.get(survey_round.scheme_ref, digest) == digest
    return is_named and _has_its_parameters(survey_round)


def _has_its_parameters(survey_round: Round) -> bool:
    try:
        text = canonical_json(survey_round.parameters)
    except TypeError:
        # A binary float: no scheme holds one.
        return False
    return sha256(text).digest() == bytes(survey_round.scheme_digest)


# --- frozen rosters -----------------------------------------------------------------


def _snapshots(ratings: Ratings, rounds: Rounds) -> Iterator[str]:
    """Rosters are those that the records name, and their households as counted."""
    named = {
        (row["id"], row["sha256"])
        for rating in ratings
        for row in rating.contents["snapshots"]
    }
    known = {pk for pk, _ in named}
    kept = frozen_rosters(known)
    for pk, digest in sorted(named):
        if pk not in kept or kept[pk].sha256 != digest:
            yield f"{pk}: snapshot"
        elif not kept[pk].keeps_households:
            yield f"{pk}: snapshot households"
    for counted in rounds:
        if str(counted.round.snapshot_id) not in known:
            yield f"{counted.round.code}: snapshot"


# --- answers and cells --------------------------------------------------------------


def _counts(counted: CountedRound) -> Iterator[str]:
    """Answers give the cells, cells the digest, of the communities that changed.

    Answers that were purged after a recount are not asked for again: then the cells
    are the source. Without a community in the line the change is in none alone.
    """
    code = counted.round.code
    cells = list(ResponseCell.objects.filter(round_id=counted.round_id))
    cells_agree = digest_of(cells) == counted.cells_sha256
    if not has_answers(counted.round):
        if not cells_agree:
            yield f"{code}: cells"
        return
    counts = counts_of(counted.round)
    places = changed_places(cells, counts.cells) or [""]
    if not cells_agree:
        yield from (_line(code, place, "cells") for place in places)
    if counts.digest != counted.cells_sha256:
        yield from (_line(code, place, "answers") for place in places)
    elif (counts.responses, counts.unattributed) != (
        counted.responses,
        counted.unattributed,
    ):
        yield f"{code}: answers"
    is_readable = _has_its_parameters(counted.round)
    if is_readable and basis_of(counted.round) != counted.basis:
        yield f"{code}: questions"


def changed_places(
    stored: Iterable[ResponseCell], counted: Iterable[CellCounts]
) -> list[str]:
    """Strata in which two sets of cells of a round differ, ascending."""
    before = {_values(cell) for cell in stored}
    after = {_values(cell) for cell in counted}
    return sorted({cell.stratum for cell in before ^ after})


def _values(cell: ResponseCell | CellCounts) -> CellCounts:
    return CellCounts(*(getattr(cell, name) for name in CellCounts._fields))


def _line(code: str, place: str, kind: str) -> str:
    return f"{code} {place}: {kind}" if place else f"{code}: {kind}"


# --- strata -------------------------------------------------------------------------


def _strata(ratings: Ratings, rounds: Rounds) -> Iterator[str]:
    """Frames and final codes in the records are the sums of those of the rounds."""
    stored: dict[str, list[StratumCount]] = {row.round.code: [] for row in rounds}
    codes = {row.pk: row.round.code for row in rounds}
    for stratum in StratumCount.objects.filter(counted_id__in=list(codes)):
        stored[codes[stratum.counted_id]].append(stratum)
    for rating in ratings:
        inputs, window = rating.contents["inputs"], rating.contents["window"]
        gone = left_out_of(rating.contents)
        parts = [
            one
            for row in window["rounds"]
            for one in stored.get(row["code"], [])
            if not is_left_out(row["code"], one.community_id, gone)
        ]
        strata = window_strata(inputs["area"], parts)
        found = {stratum.code: stratum.as_record() for stratum in strata}
        if found != {row["code"]: row for row in inputs["strata"]}:
            yield f"{rating.name}: strata"
