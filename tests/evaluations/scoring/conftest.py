"""Public reference data (tests/data/SOURCE.md) and the worked example of the method."""

import csv
from pathlib import Path

import pytest

from evaluations.scoring.cells import Cell, Stratum
from evaluations.scoring.method import Method

DATA = Path(__file__).parents[2] / "data"
TEN_THOUSAND = 10_000


def _rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def apistrat():
    return _rows("apistrat.csv")


@pytest.fixture(scope="session")
def apiclus1():
    return _rows("apiclus1.csv")


@pytest.fixture(scope="session")
def method():
    return Method()


@pytest.fixture
def make_cell():
    """A cell from scores in points."""

    def make(scores, *, stratum="A", appointment="j", survey_round="R1", mode="online"):
        exact = [round(score * TEN_THOUSAND) for score in scores]
        return Cell(
            appointment=appointment,
            round=survey_round,
            stratum=stratum,
            mode=mode,
            n=len(exact),
            sum_s=sum(exact),
            sum_s2=sum(score * score for score in exact),
        )

    return make


@pytest.fixture
def example_cells(make_cell):
    """M115: stratum A, bands F and M, then stratum B."""
    return [
        make_cell([100, 75, 50, 100], stratum="A", survey_round="R1"),
        make_cell([75, 50], stratum="A", survey_round="R2"),
        make_cell([25], stratum="B", survey_round="R1"),
        make_cell([75, 50, 50], stratum="B", survey_round="R2"),
    ]


@pytest.fixture
def example_strata():
    return [
        Stratum("A", "c1", frame=60, drawn=12),
        Stratum("B", "c1", frame=40, drawn=10),
    ]
