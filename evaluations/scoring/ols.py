"""Least squares from cells: count, sum and sum of squares suffice (M110)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Less than this apart from a unit vector: the data do determine a coefficient.
_NEAR = 1e-8


@dataclass(frozen=True, slots=True)
class Row:
    """Answers that share all regressors: the `columns` that are 1, all others 0.

    `n`: answers, >= 1; `total`, `squares`: exact integers, sum and sum of squares.
    """

    columns: tuple[str, ...]
    n: int
    total: int
    squares: int


@dataclass(frozen=True, slots=True)
class Coefficient:
    """`b` and its classical standard error in the unit of the sums; None: not known.

    b is None where the data do not determine it, `se` also without a degree of
    freedom.
    """

    b: float | None
    se: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Coefficients by column; `m` answers; `df` = m - columns that count."""

    coefficients: dict[str, Coefficient]
    m: int
    df: int
    residual_variance: float | None


def fit_cells(rows: Iterable[Row]) -> Fit:
    """Ordinary least squares on single answers, computed from their cells.

    Regressors are constant in a cell: b from cell means with weights n; residual sum
    = sum (Q - 2 fit S + fit^2 n); df = sum n - columns, of which only independent
    ones count. Neither the order of the rows nor their splitting changes a bit: rows
    of equal columns are added up as integers first. Source: M110.
    """
    merged = _merged(rows)
    names = sorted({name for columns in merged for name in columns})
    m = sum(n for n, _, _ in merged.values())
    if not m:
        return Fit(coefficients={}, m=0, df=0, residual_variance=None)
    # Any integer near the mean will do; this one is the same in any order.
    centre = sum(total for _, total, _ in merged.values()) // m
    place = {name: k for k, name in enumerate(names)}
    x = np.zeros((len(merged), len(names)))
    for number, columns in enumerate(merged):
        x[number, [place[name] for name in columns]] = 1.0
    n, s, q = _centred(list(merged.values()), centre)
    normal = x.T @ (n[:, None] * x)
    inverse = np.asarray(np.linalg.pinv(normal, hermitian=True), dtype=np.float64)
    rank = int(np.linalg.matrix_rank(normal, hermitian=True))
    b = inverse @ (x.T @ s)
    fit = x @ b
    df = m - rank
    residual = max(0.0, float((q - 2 * fit * s + fit**2 * n).sum()))
    variance = residual / df if df >= 1 else None
    known = _determined(inverse @ normal)
    # What the centre adds: the fit of a constant.
    shift = inverse @ (x.T @ (n * float(centre)))
    return Fit(
        coefficients={
            name: _coefficient(b[k] + shift[k], inverse[k, k], variance, known[k])
            for name, k in place.items()
        },
        m=m,
        df=df,
        residual_variance=variance,
    )


def _merged(rows: Iterable[Row]) -> dict[tuple[str, ...], tuple[int, int, int]]:
    """Rows of equal columns added up, in the order of their columns."""
    merged: dict[tuple[str, ...], tuple[int, int, int]] = {}
    for row in rows:
        key = tuple(sorted(row.columns))
        n, total, squares = merged.get(key, (0, 0, 0))
        merged[key] = (n + row.n, total + row.total, squares + row.squares)
    return dict(sorted(merged.items()))


def _centred(
    sums: Sequence[tuple[int, int, int]], centre: int
) -> tuple[Floats, Floats, Floats]:
    """n, S, Q about the centre: integers until the last step, so no digit is lost."""
    exact = [
        (n, total - n * centre, squares - 2 * centre * total + n * centre**2)
        for n, total, squares in sums
    ]
    n, s, q = np.array(exact, dtype=np.float64).T
    return n, s, q


def _determined(projection: Floats) -> list[bool]:
    """Which coefficients every least squares solution has in common."""
    away = np.abs(projection - np.eye(len(projection))).max(axis=1)
    return [bool(far < _NEAR) for far in away]


def _coefficient(
    b: float, scale: float, variance: float | None, is_known: bool
) -> Coefficient:
    if not is_known:
        return Coefficient(None, None)
    if variance is None:
        return Coefficient(float(b), None)
    return Coefficient(float(b), sqrt(variance * max(0.0, float(scale))))
