from evaluations.models.cells import (
    CellsAreFinal,
    CountedRound,
    ResponseCell,
    StratumCount,
)
from evaluations.models.dry_runs import DryRun, DryRunIsWritten
from evaluations.models.groups import (
    ModeCoefficients,
    PoolingRecord,
    QuarterRanking,
    YearlyCutPoints,
)
from evaluations.models.publications import Publication, PublishedRating
from evaluations.models.ratings import FiguresAreFinal, MonthlyRating, MonthlyRollup
from evaluations.models.rule_documents import (
    RuleDocument,
    RuleIsWritten,
    SchemeBasis,
)
from evaluations.models.schemes import AssessmentScheme, SchemeIsFrozen
from evaluations.models.stars import StarRating
from evaluations.models.tokens import ApiToken
from evaluations.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "ApiToken",
    "AssessmentScheme",
    "CellsAreFinal",
    "CountedRound",
    "DryRun",
    "DryRunIsWritten",
    "FiguresAreFinal",
    "ModeCoefficients",
    "MonthlyRating",
    "MonthlyRollup",
    "PoolingRecord",
    "Publication",
    "PublishedRating",
    "QuarterRanking",
    "ResponseCell",
    "RuleDocument",
    "RuleIsWritten",
    "SchemeBasis",
    "SchemeIsFrozen",
    "StarRating",
    "StratumCount",
    "Webhook",
    "WebhookDelivery",
    "YearlyCutPoints",
]
