"""A quarter's ranking inside one peer group, written down once (M78-M81).

Pure: no database. Ranks rest on the stars and figures of the quarter reading (M66),
last places also on the quarter's own three months.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any, Self

from evaluations.scoring.canonical import canonical_json
from evaluations.scoring.consequences import Finding, Support, support
from evaluations.scoring.last_place import Check, Fresh, last_place
from evaluations.scoring.method import Method
from evaluations.scoring.ranks import Entrant, Rank, Ranking, rank_group
from evaluations.scoring.rounding import stored
from evaluations.scoring.window import Month, Validity

# Conditions of M81 that an earlier window need not meet to be "the same finding".
_OWN_SUPPORT = frozenset({Check.ANSWERS_ENOUGH.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """An appointment that holds a star at the quarter reading.

    `printed`: R_1 of what the star rests on; `score`, `se`: direct, points; `fresh`:
    the quarter's own months; `window`, `m`, `validity`: of the figure; `earlier`:
    windows in which it was last before, see `was_last`.
    """

    code: str
    printed: Decimal
    score: float
    se: float
    fresh: Fresh
    window: Finding
    validity: Validity
    earlier: tuple[Finding, ...] = ()

    @property
    def entrant(self) -> Entrant:
        return Entrant(
            code=self.code, printed=self.printed, score=self.score, se=self.se
        )

    def support(self, method: Method) -> Support:
        return support(self.window, self.earlier, validity=self.validity, method=method)


@dataclass(frozen=True, kw_only=True)
class QuarterRanks:
    """The contenders of one peer group in one quarter, and their ranks."""

    group: str
    month: str
    scheme: str
    method: Method
    contenders: tuple[Contender, ...]

    @property
    def period(self) -> str:
        """As in "2026Q4"."""
        return period_of(self.month)

    @cached_property
    def ranking(self) -> Ranking | None:
        return rank_group(
            [contender.entrant for contender in self.contenders],
            period=self.period,
            group=self.group,
            method=self.method,
        )

    @cached_property
    def lines(self) -> dict[str, dict[str, Any]]:
        """Appointment -> its rank as a rating's record keeps it (M104)."""
        if self.ranking is None:
            return {}
        fresh = {contender.code: contender.fresh for contender in self.contenders}
        return {
            contender.code: self._line(contender, self.ranking, fresh)
            for contender in self.contenders
        }

    def _line(
        self, contender: Contender, ranking: Ranking, fresh: Mapping[str, Fresh]
    ) -> dict[str, Any]:
        rank = ranking.of(contender.code)
        if rank is None:
            raise ValueError(f"{contender.code} is not in its own ranking")
        last = last_place(
            contender.code,
            ranking,
            support=contender.support(self.method),
            fresh=fresh,
            period=self.period,
            method=self.method,
        )
        return {
            **_rank_record(rank),
            "last": {
                "is_last": last.is_last,
                "failed": [check.value for check in last.failed],
                "fresh_m": contender.fresh.m,
                "fresh_mean": stored(last.fresh_mean),
                "fresh_group_mean": stored(last.fresh_group_mean),
            },
        }

    @cached_property
    def record(self) -> bytes:
        """Canonical bytes: who was compared, exactly, and the ranks."""
        return canonical_json(
            {
                "group": self.group,
                "period": self.period,
                "month": self.month,
                "scheme": {"ref": self.scheme, "sha256": self.method.digest()},
                "contenders": [_as_record(one) for one in self.contenders],
                "ranks": {code: self.lines[code] for code in sorted(self.lines)},
            }
        )

    @property
    def sha256(self) -> str:
        return sha256(self.record).hexdigest()

    @classmethod
    def of(
        cls,
        contenders: Iterable[Contender],
        *,
        group: str,
        month: str,
        scheme: str,
        method: Method,
    ) -> Self:
        ordered = sorted(contenders, key=lambda contender: contender.code)
        return cls(
            group=group,
            month=month,
            scheme=scheme,
            method=method,
            contenders=tuple(ordered),
        )

    @classmethod
    def from_record(cls, record: Mapping[str, Any], method: Method) -> Self:
        """The same comparison again, from what was written down (M107)."""
        return cls(
            group=record["group"],
            month=record["month"],
            scheme=record["scheme"]["ref"],
            method=method,
            contenders=tuple(_contender(row) for row in record["contenders"]),
        )


def period_of(month: str) -> str:
    """ "2026-12" -> "2026Q4"."""
    parsed = Month.parse(month)
    return f"{parsed.year:04d}Q{parsed.quarter}"


def was_last(line: Mapping[str, Any] | None) -> bool:
    """Whether a quarter found the same as a last place, its answers apart (M88)."""
    return line is not None and set(line["last"]["failed"]) <= _OWN_SUPPORT


def _rank_record(rank: Rank) -> dict[str, Any]:
    return {
        "of": rank.of,
        "rank": rank.rank,
        "alone": rank.is_alone,
        "best": rank.best,
        "worst": rank.worst,
        "crit": stored(rank.crit),
        "tier": rank.tier.value,
        "difference": stored(rank.difference),
        "difference_se": stored(rank.difference_se),
    }


def _as_record(contender: Contender) -> dict[str, Any]:
    mean = contender.fresh.mean
    return {
        "code": contender.code,
        "printed": str(contender.printed),
        "score": repr(contender.score),
        "se": repr(contender.se),
        "fresh": [contender.fresh.m, None if mean is None else repr(mean)],
        "window": _finding_record(contender.window),
        "validity": contender.validity.value,
        "earlier": [_finding_record(finding) for finding in contender.earlier],
    }


def _contender(row: Mapping[str, Any]) -> Contender:
    m, mean = row["fresh"]
    return Contender(
        code=row["code"],
        printed=Decimal(row["printed"]),
        score=float(row["score"]),
        se=float(row["se"]),
        fresh=Fresh(m, None if mean is None else float(mean)),
        window=_finding(row["window"]),
        validity=Validity(row["validity"]),
        earlier=tuple(_finding(one) for one in row["earlier"]),
    )


def _finding_record(finding: Finding) -> list[Any]:
    return [str(finding.first), str(finding.last), finding.m]


def _finding(row: Sequence[Any]) -> Finding:
    first, last, m = row
    return Finding(first=Month.parse(first), last=Month.parse(last), m=m)
