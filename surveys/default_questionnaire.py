"""The questions that come with the house: domain 7.1, version 1, word for word.

Editing means a second version; what residents have once been asked stays as it was.
"""

import datetime as dt
import json
from dataclasses import dataclass

from django.db import transaction

from audit import crypto
from audit.actions import Actor, record
from surveys.models import (
    AnswerOption,
    Question,
    Questionnaire,
    QuestionnaireIsFrozen,
)

NAME = "社区党委书记月度测评"
VERSION = 1

# {name} is the person rated, {community} the place: filled in when a page is made.
OPENING_ZH = (
    "您好！请您说说本社区党委书记{name}的工作怎么样，想想最近三个月。"
    "一户填一份，家里哪位大人填都行，照实填。"
    "不写名字，书记和社区的人看不到您家填了什么。大约三分钟。"
)
OPENING_EN = (
    "Hello. Please say how {name}, secretary of your community, has worked in the last"
    " three months. One form per household, any adult may fill it in, say what you"
    " really feel. No names; neither the secretary nor the community staff can see"
    " your answers. About three minutes."
)
COMMENT_ZH = "还有什么话想说？不写也行。请别写名字、门牌号和电话。"
COMMENT_EN = (
    "Anything else? You may leave it empty. Please give no names, door numbers or"
    " telephones."
)


@dataclass(frozen=True, slots=True)
class Item:
    dimension_zh: str
    dimension_en: str
    text_zh: str
    text_en: str


ITEMS = (
    Item(
        "服务态度",
        "attitude",
        "您到社区办事、打电话，书记和工作人员的态度，您满意吗？",
        "When you visit or call the community office, how satisfied are you with how"
        " the secretary and staff treat you?",
    ),
    Item(
        "办事效率",
        "efficiency",
        "社区给您办事的快慢，您满意吗？",
        "How satisfied are you with how quickly things get done?",
    ),
    Item(
        "解决问题",
        "solving problems",
        "您或邻居反映的难事，最后办成什么样，您满意吗？",
        "How satisfied are you with how the problems you or your neighbours raised were"
        " solved in the end?",
    ),
    Item(
        "公道正派、廉洁",
        "fairness, honesty",
        "书记办事公道不公道、清白不清白，您满意吗？",
        "How satisfied are you with the secretary's fairness and honesty?",
    ),
    Item(
        "联系群众",
        "closeness",
        "书记到楼里、家里走动，听大家说话，您满意吗？",
        "How satisfied are you with how the secretary comes round and listens to"
        " people?",
    ),
    Item(
        "环境秩序",
        "surroundings",
        "小区的卫生、楼道、停车、治安，您满意吗？",
        "How satisfied are you with cleanliness, stairways, parking and safety where"
        " you live?",
    ),
    Item(
        "公开透明",
        "openness",
        "社区的钱怎么花、事怎么定，讲得清楚不清楚，您满意吗？",
        "How satisfied are you with how clearly spending and decisions are explained?",
    ),
    Item(
        "总体满意",
        "overall",
        "总的来说，书记的工作，您满意吗？",
        "Overall, how satisfied are you with the secretary's work?",
    ),
)
# Level, 中文, English, in the order of the page (domain 7.1).
OPTIONS = (
    (5, "非常满意", "Very satisfied"),
    (4, "满意", "Satisfied"),
    (3, "基本满意", "Fairly satisfied"),
    (2, "不满意", "Dissatisfied"),
    (1, "非常不满意", "Very dissatisfied"),
    (0, "说不清（没打过交道）", "Not sure (no dealings)"),
)


@transaction.atomic
def ensure_default_questionnaire(*, by: Actor, at: dt.datetime) -> Questionnaire:
    """Version 1, approved; made once, found afterwards."""
    found = Questionnaire.objects.filter(name=NAME, version=VERSION).first()
    if found is not None:
        return found
    draft = Questionnaire(
        name=NAME,
        kind=Questionnaire.Kind.RESIDENT,
        version=VERSION,
        opening_zh=OPENING_ZH,
        opening_en=OPENING_EN,
        comment_zh=COMMENT_ZH,
        comment_en=COMMENT_EN,
    )
    draft.save()
    Question.objects.bulk_create(_questions(draft))
    AnswerOption.objects.bulk_create(_options(draft))
    return approve_questionnaire(questionnaire=draft, by=by, at=at)


def _questions(draft: Questionnaire) -> list[Question]:
    return [
        Question(
            questionnaire=draft,
            order=number,
            kind=Question.Kind.FIVE_LEVEL,
            dimension_zh=item.dimension_zh,
            dimension_en=item.dimension_en,
            text_zh=item.text_zh,
            text_en=item.text_en,
        )
        for number, item in enumerate(ITEMS, start=1)
    ]


def _options(draft: Questionnaire) -> list[AnswerOption]:
    return [
        AnswerOption(
            questionnaire=draft, order=number, level=level, text_zh=zh, text_en=en
        )
        for number, (level, zh, en) in enumerate(OPTIONS, start=1)
    ]


@transaction.atomic
def approve_questionnaire(
    *, questionnaire: Questionnaire, by: Actor, at: dt.datetime
) -> Questionnaire:
    """Fix a draft for good: its digest is what every ballot box will name."""
    digest = digest_of(questionnaire)
    drafts = Questionnaire.objects.filter(
        pk=questionnaire.pk, status=Questionnaire.Status.DRAFT
    )
    if not drafts.update(status=Questionnaire.Status.APPROVED, digest=digest):
        raise QuestionnaireIsFrozen(str(questionnaire))
    questionnaire.refresh_from_db()
    record(
        "questionnaire.approved",
        target=questionnaire,
        by=by,
        at=at,
        data={"name": questionnaire.name, "digest": digest.hex()},
    )
    return questionnaire


def digest_of(questionnaire: Questionnaire) -> bytes:
    """SHA-256 over the canonical content, 32 bytes (T13)."""
    content = {
        "name": questionnaire.name,
        "kind": questionnaire.kind,
        "version": questionnaire.version,
        "opening": [questionnaire.opening_zh, questionnaire.opening_en],
        "comment": [questionnaire.comment_zh, questionnaire.comment_en],
        "questions": [
            [
                question.order,
                question.kind,
                question.dimension_zh,
                question.dimension_en,
                question.text_zh,
                question.text_en,
                question.allow_not_sure,
                f"{question.weight:.1f}",
            ]
            for question in questionnaire.questions.order_by("order")
        ],
        "options": [
            [option.order, option.level, option.text_zh, option.text_en]
            for option in questionnaire.options.order_by("order")
        ],
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return crypto.digest("questionnaire.v1", text)
