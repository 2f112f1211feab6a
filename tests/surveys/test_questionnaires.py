"""The default questionnaire, word for word, and the lock on approved versions."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from audit.actions import SYSTEM
from audit.models import AuditEvent
from surveys.default_questionnaire import (
    approve_questionnaire,
    digest_of,
    ensure_default_questionnaire,
)
from surveys.models import (
    AnswerOption,
    Question,
    Questionnaire,
    QuestionnaireIsFrozen,
)

AT = dt.datetime(2025, 10, 1, tzinfo=dt.UTC)


@pytest.fixture
def draft(db: None) -> Questionnaire:
    draft = Questionnaire(name="试用", kind="resident", version=1, opening_zh="您好")
    draft.save()
    Question(
        questionnaire=draft, order=1, kind="five_level", dimension_zh="甲", text_zh="？"
    ).save()
    AnswerOption(questionnaire=draft, order=1, level=5, text_zh="非常满意").save()
    return draft


def test_the_default_questionnaire_has_the_wording_of_the_specification(
    questionnaire: Questionnaire,
) -> None:
    texts = questionnaire.questions.values_list("dimension_zh", "text_zh")
    assert list(texts) == [
        ("服务态度", "您到社区办事、打电话，书记和工作人员的态度，您满意吗？"),
        ("办事效率", "社区给您办事的快慢，您满意吗？"),
        ("解决问题", "您或邻居反映的难事，最后办成什么样，您满意吗？"),
        ("公道正派、廉洁", "书记办事公道不公道、清白不清白，您满意吗？"),
        ("联系群众", "书记到楼里、家里走动，听大家说话，您满意吗？"),
        ("环境秩序", "小区的卫生、楼道、停车、治安，您满意吗？"),
        ("公开透明", "社区的钱怎么花、事怎么定，讲得清楚不清楚，您满意吗？"),
        ("总体满意", "总的来说，书记的工作，您满意吗？"),
    ]
    options = questionnaire.options.values_list("level", "text_zh")
    assert list(options) == [
        (5, "非常满意"),
        (4, "满意"),
        (3, "基本满意"),
        (2, "不满意"),
        (1, "非常不满意"),
        (0, "说不清（没打过交道）"),
    ]
    assert set(questionnaire.questions.values_list("weight", flat=True)) == {1}


def test_the_default_questionnaire_speaks_english_too(
    questionnaire: Questionnaire,
) -> None:
    question = questionnaire.questions.first()
    with translation.override("en"):
        assert question.dimension == "attitude"
        assert questionnaire.comment.startswith("Anything else?")
    with translation.override("zh-hans"):
        assert question.dimension == "服务态度"
    assert all(questionnaire.questions.values_list("text_en", flat=True))
    assert all(questionnaire.options.values_list("text_en", flat=True))


def test_the_default_questionnaire_is_made_once(questionnaire: Questionnaire) -> None:
    again = ensure_default_questionnaire(by=SYSTEM, at=AT)
    assert again == questionnaire
    assert AuditEvent.objects.filter(verb="questionnaire.approved").count() == 1
    assert bytes(questionnaire.digest) == digest_of(questionnaire)


def test_every_word_and_number_is_in_the_digest(draft: Questionnaire) -> None:
    before = digest_of(draft)
    AnswerOption(questionnaire=draft, order=2, level=4, text_zh="满意").save()
    with_option = digest_of(draft)
    Question(
        questionnaire=draft,
        order=2,
        kind="five_level",
        dimension_zh="乙",
        text_zh="？",
        weight=2,
    ).save()
    assert len({before, with_option, digest_of(draft)}) == 3


def test_an_approved_questionnaire_refuses_every_change(draft: Questionnaire) -> None:
    approved = approve_questionnaire(questionnaire=draft, by=SYSTEM, at=AT)
    question, option = approved.questions.get(), approved.options.get()
    changes = (
        approved.save,
        approved.delete,
        question.save,
        question.delete,
        option.save,
        option.delete,
        lambda: Questionnaire.objects.update(opening_zh="不"),
        lambda: Questionnaire.objects.all().delete(),
        lambda: approved.questions.update(weight=0),
        lambda: approved.options.all().delete(),
        lambda: Question(questionnaire=approved, order=2, kind="five_level").save(),
        lambda: Question.objects.bulk_create(
            [Question(questionnaire=approved, order=2, kind="five_level")]
        ),
        lambda: approve_questionnaire(questionnaire=approved, by=SYSTEM, at=AT),
    )
    for change in changes:
        with pytest.raises(QuestionnaireIsFrozen):
            change()
    assert digest_of(approved) == bytes(approved.digest)


def test_an_approved_questionnaire_can_be_retired(draft: Questionnaire) -> None:
    approve_questionnaire(questionnaire=draft, by=SYSTEM, at=AT)
    Questionnaire.objects.filter(pk=draft.pk).update(status="retired")
    draft.refresh_from_db()
    assert draft.status == "retired"


def test_approval_needs_a_digest_in_the_database(draft: Questionnaire) -> None:
    with (
        pytest.raises(IntegrityError, match="questionnaire_approved_has_digest"),
        transaction.atomic(),
    ):
        Questionnaire.objects.filter(pk=draft.pk).update(status="approved")
