"""The one gate: figures of opened answers leave through here only (T125, M82 to M89).

Pages, charts, texts and files take released values. "May not be shown" is a `Withheld`
with its reason, printed as 样本不足 or 回答太少 and never as 0, because a zero is an
accusation. Values in the tables are unsuppressed; nothing else may print them.
"""

from evaluations.publication.beside import Beside, beside, beside_all
from evaluations.publication.gate import (
    announce,
    figure_of,
    preview,
    release,
    release_all,
    release_own,
)
from evaluations.publication.values import (
    Check,
    Disposition,
    Group,
    Place,
    Question,
    Reason,
    Released,
    Sheet,
    Shown,
    Shrinkage,
    StarSteps,
    Stratum,
    Withheld,
)
from evaluations.publication.workings import (
    release_own_sheet,
    release_place,
    release_sheet,
)
from evaluations.scoring.ladder import Audience

__all__ = [
    "Audience",
    "Beside",
    "Check",
    "Disposition",
    "Group",
    "Place",
    "Question",
    "Reason",
    "Released",
    "Sheet",
    "Shown",
    "Shrinkage",
    "StarSteps",
    "Stratum",
    "Withheld",
    "announce",
    "beside",
    "beside_all",
    "figure_of",
    "preview",
    "release",
    "release_all",
    "release_own",
    "release_own_sheet",
    "release_place",
    "release_sheet",
]
