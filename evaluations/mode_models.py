"""Mode coefficients of a closed year as they are written down, exactly (M46, M47)."""

from collections.abc import Mapping
from typing import Any

from evaluations.scoring.modes import ModeCoefficient, ModeModel, Naming, Term


def as_record(model: ModeModel) -> dict[str, Any]:
    """Coefficients as the shortest text that gives the same numbers back."""
    return {
        "year": model.year,
        "m": model.m,
        "df": model.df,
        "residual_variance": _text(model.residual_variance),
        "coefficients": [
            {
                "margin": one.term.margin,
                "level": one.term.level,
                "b": _text(one.b),
                "se": _text(one.se),
                "naming": one.naming.value,
            }
            for one in model.coefficients
        ],
    }


def from_record(record: Mapping[str, Any]) -> ModeModel:
    return ModeModel(
        year=record["year"],
        coefficients=tuple(
            ModeCoefficient(
                term=Term(row["margin"], row["level"]),
                b=_number(row["b"]),
                se=_number(row["se"]),
                naming=Naming(row["naming"]),
            )
            for row in record["coefficients"]
        ),
        m=record["m"],
        df=record["df"],
        residual_variance=_number(record["residual_variance"]),
    )


def _text(value: float | None) -> str | None:
    return None if value is None else repr(value)


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)
