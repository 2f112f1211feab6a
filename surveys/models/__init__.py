from surveys.models.countersignatures import Countersignature
from surveys.models.draws import (
    DrawStratum,
    RecusedHousehold,
    SampledHousehold,
    SampledHouseholdQuerySet,
    SampleDraw,
    SlipBatch,
)
from surveys.models.questionnaires import (
    AnswerOption,
    Question,
    Questionnaire,
    QuestionnaireIsFrozen,
)
from surveys.models.reports import CoercionReport, ReportsStand
from surveys.models.responses import (
    ITEM_COLUMNS,
    AnswersAreFinal,
    Comment,
    CommentQuerySet,
    OpenedResponse,
)
from surveys.models.rounds import (
    Round,
    RoundChangesByVerb,
    RoundQuerySet,
    RoundSubject,
)

__all__ = [
    "ITEM_COLUMNS",
    "AnswerOption",
    "AnswersAreFinal",
    "CoercionReport",
    "Comment",
    "CommentQuerySet",
    "Countersignature",
    "DrawStratum",
    "OpenedResponse",
    "Question",
    "Questionnaire",
    "QuestionnaireIsFrozen",
    "RecusedHousehold",
    "ReportsStand",
    "Round",
    "RoundChangesByVerb",
    "RoundQuerySet",
    "RoundSubject",
    "SampleDraw",
    "SampledHousehold",
    "SampledHouseholdQuerySet",
    "SlipBatch",
]
