from evaluations.models.appeals import Appeal, SetAside
from evaluations.models.cells import (
    CellsAreFinal,
    CountedRound,
    ResponseCell,
    StratumCount,
)
from evaluations.models.dry_runs import DryRun, DryRunIsWritten
from evaluations.models.figure_exports import FigureExport
from evaluations.models.groups import (
    ModeCoefficients,
    PoolingRecord,
    QuarterRanking,
    YearlyCutPoints,
)
from evaluations.models.indicators import IndicatorScore
from evaluations.models.measures import ColorWarning, Measure, MeasureGround
from evaluations.models.moving import WAITS, FiguresAreFinal, TwoPersonAct
from evaluations.models.periods import AssessmentPeriod, Leave
from evaluations.models.publications import (
    Publication,
    PublishedRating,
    Withdrawal,
)
from evaluations.models.publicity import (
    NoticedRating,
    PublicityNotice,
    ResultNotice,
)
from evaluations.models.ratings import MonthlyRating, MonthlyRollup
from evaluations.models.rule_documents import (
    RuleDocument,
    RuleIsWritten,
    SchemeBasis,
)
from evaluations.models.schemes import AssessmentScheme, SchemeIsFrozen
from evaluations.models.sheets import Grade, GroupRank, ScoreSheet
from evaluations.models.stars import StarRating
from evaluations.models.tokens import ApiToken
from evaluations.models.told import ToldFigure
from evaluations.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "WAITS",
    "ApiToken",
    "Appeal",
    "AssessmentPeriod",
    "AssessmentScheme",
    "CellsAreFinal",
    "ColorWarning",
    "CountedRound",
    "DryRun",
    "DryRunIsWritten",
    "FigureExport",
    "FiguresAreFinal",
    "Grade",
    "GroupRank",
    "IndicatorScore",
    "Leave",
    "Measure",
    "MeasureGround",
    "ModeCoefficients",
    "MonthlyRating",
    "MonthlyRollup",
    "NoticedRating",
    "PoolingRecord",
    "Publication",
    "PublicityNotice",
    "PublishedRating",
    "QuarterRanking",
    "ResponseCell",
    "ResultNotice",
    "RuleDocument",
    "RuleIsWritten",
    "SchemeBasis",
    "SchemeIsFrozen",
    "ScoreSheet",
    "SetAside",
    "StarRating",
    "StratumCount",
    "ToldFigure",
    "TwoPersonAct",
    "Webhook",
    "WebhookDelivery",
    "Withdrawal",
    "YearlyCutPoints",
]
