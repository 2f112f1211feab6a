"""The roll-up against brute force, twice, side by side, and in any order."""

from collections import Counter
from collections.abc import Callable

from evaluations.models import ResponseCell
from evaluations.rollup import RolledUp
from surveys.models import OpenedResponse
from tests.evaluations.world import NINE, World, mixed

RollUp = Callable[[str], RolledUp]


def test_cells_equal_a_recount_of_every_answer(world: World, roll_up: RollUp) -> None:
    survey_round = world.tally("2026-10", {code: mixed(40, seed=code) for code in NINE})
    roll_up("2026-10")
    expected: dict[tuple[int | None, str | None, str], Counter[str]] = {}
    for answer in OpenedResponse.objects.filter(round=survey_round):
        key = (answer.subject_id, answer.community_id, answer.mode)
        cell = expected.setdefault(key, Counter())
        cell[answer.usability] += 1
        if answer.score is None:
            continue
        cell["sum"] += answer.score
        cell["squares"] += answer.score**2
        for number in range(1, 9):
            level = getattr(answer, f"item_{number}") or "missing"
            cell[f"{number} {level}"] += 1
    found = {
        (cell.appointment_id, cell.stratum, cell.mode): Counter(
            {
                "I": cell.complete,
                "P": cell.partial,
                "B": cell.break_off,
                "sum": cell.sum_score,
                "squares": cell.sum_score_squared,
                **{
                    f"{number} {level}": count
                    for number, counts in cell.items.items()
                    for level, count in zip(
                        [1, 2, 3, 4, 5, "missing"], counts, strict=True
                    )
                },
            }
        )
        for cell in ResponseCell.objects.filter(round=survey_round)
    }
    assert {key: +cell for key, cell in found.items()} == expected
