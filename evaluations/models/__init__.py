from evaluations.models.cells import (
    CellsAreFinal,
    CountedRound,
    ResponseCell,
    StratumCount,
)
from evaluations.models.publications import Publication, PublishedRating
from evaluations.models.ratings import FiguresAreFinal, MonthlyRating, MonthlyRollup
from evaluations.models.schemes import AssessmentScheme, SchemeIsFrozen
from evaluations.models.stars import StarRating

__all__ = [
    "AssessmentScheme",
    "CellsAreFinal",
    "CountedRound",
    "FiguresAreFinal",
    "MonthlyRating",
    "MonthlyRollup",
    "Publication",
    "PublishedRating",
    "ResponseCell",
    "SchemeIsFrozen",
    "StarRating",
    "StratumCount",
]
