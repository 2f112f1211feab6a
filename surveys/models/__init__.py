from surveys.models.draws import DrawStratum, SampledHousehold, SampleDraw
from surveys.models.questionnaires import AnswerOption, Question, Questionnaire
from surveys.models.responses import ITEM_COLUMNS, Comment, OpenedResponse
from surveys.models.rounds import Round, RoundSubject

__all__ = [
    "ITEM_COLUMNS",
    "AnswerOption",
    "Comment",
    "DrawStratum",
    "OpenedResponse",
    "Question",
    "Questionnaire",
    "Round",
    "RoundSubject",
    "SampleDraw",
    "SampledHousehold",
]
