"""A file whose columns are in doubt waits for one answer, which is remembered."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import astuple

from django.db import transaction

from accounts.models import User
from audit.actions import Actor, record
from residents import privacy
from residents.actions.uploads import ImportNotOpen, forget_rows
from residents.mapping import Answers, Learnt
from residents.models import (
    ColumnMapping,
    ColumnQuestion,
    LeftOutSheet,
    RosterImport,
    RosterRow,
)
from residents.questions import Column, Question

State = RosterImport.State


@transaction.atomic
def ask_for_columns(
    *,
    roster_import: RosterImport,
    questions: Sequence[Question],
    by: Actor,
    at: dt.datetime,
) -> None:
    """Stop reading and wait. Of the file only titles and masked samples are kept."""
    mine = RosterImport.objects.filter(
        pk=roster_import.pk, state=State.UPLOADED, claim=roster_import.claim
    )
    if not mine.update(state=State.MAPPING, claim=None, claimed_at=None):
        raise ImportNotOpen(roster_import.pk)
    forget_rows(roster_import)
    asked = {question.number for question in questions}
    roster_import.questions.filter(sheet__in=asked).delete()
    ColumnQuestion.objects.bulk_create(
        _stored(roster_import, question) for question in questions
    )
    record(
        "roster.columns_asked",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={"sheets": [question.name for question in questions]},
    )


def _stored(roster_import: RosterImport, question: Question) -> ColumnQuestion:
    number = uuid.uuid4()
    content = {
        "columns": [astuple(column) for column in question.columns],
        "twice": question.twice,
        "lacking": question.lacking,
    }
    return ColumnQuestion(
        pk=number,
        roster_import=roster_import,
        sheet=question.number,
        name=question.name,
        columns=privacy.seal_samples(number, content),
    )


def questions_of(roster_import: RosterImport) -> list[Question]:
    """What is still to be answered, sheet by sheet."""
    return [
        _asked(question)
        for question in roster_import.questions.filter(answered_at=None)
    ]


def _asked(stored: ColumnQuestion) -> Question:
    content = privacy.open_samples(stored.pk, stored.columns)
    columns = (
        Column(title, known, tuple(samples), in_doubt=in_doubt)
        for title, known, samples, in_doubt in content["columns"]
    )
    return Question(
        stored.sheet,
        stored.name,
        tuple(columns),
        tuple(content["twice"]),
        tuple(content["lacking"]),
    )


@transaction.atomic
def confirm_columns(
    *,
    roster_import: RosterImport,
    answers: Mapping[int, Mapping[str, str] | None],
    by: User,
    at: dt.datetime,
) -> None:
    """Take the answers, and let the file be read again.

    Sheet number -> title -> field, "" for a column that is not read; None for a sheet
    that is not wanted. Remembered when the file has been read with them.
    """
    waiting = RosterImport.objects.filter(pk=roster_import.pk, state=State.MAPPING)
    if not waiting.update(state=State.UPLOADED, attempts=0):
        raise ImportNotOpen(roster_import.pk)
    sheets = {}
    for question in roster_import.questions.filter(sheet__in=answers):
        names = answers[question.sheet]
        question.answers = dict(names or {})
        question.left_out = names is None
        question.columns = b""
        question.answered_by, question.answered_at = by, at
        question.save()
        sheets[question.name] = None if names is None else dict(names)
    record(
        "roster.mapped",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={"sheets": sheets},
    )


def answers_of(roster_import: RosterImport) -> Answers:
    """What has been said about this file on the page."""
    answered = list(roster_import.questions.exclude(answered_at=None))
    return Answers(
        {
            (question.sheet, title): name
            for question in answered
            for title, name in question.answers.items()
        },
        frozenset(question.sheet for question in answered if question.left_out),
    )


@transaction.atomic
def remember(
    *,
    roster_import: RosterImport,
    learnt: Sequence[Learnt],
    by: Actor,
    at: dt.datetime,
) -> None:
    """Keep answers for the communities whose rows they have helped to read (5.2).

    Whoever answered on the page answers for it; otherwise whoever brings the file.
    """
    if not learnt:
        return
    said_by = {
        question.sheet: question.answered_by
        for question in roster_import.questions.select_related("answered_by")
    }
    places: dict[int, list[str]] = {}
    for found in learnt:
        person = said_by.get(found.number) or (by if isinstance(by, User) else None)
        confirmed = {"confirmed_by": person, "confirmed_at": at}
        if found.left_out:
            LeftOutSheet.objects.update_or_create(
                division_id=roster_import.street_id,
                name=found.name,
                defaults={"titles": list(found.titles), **confirmed},
            )
            continue
        places[found.number] = communities_of(roster_import, found.number)
        for community in places[found.number]:
            for title, name in found.names.items():
                ColumnMapping.objects.update_or_create(
                    division_id=community,
                    header=title,
                    defaults={"field": name, **confirmed},
                )
    record(
        "roster.columns_remembered",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={
            "left_out": [found.name for found in learnt if found.left_out],
            "communities": sorted(
                {code for codes in places.values() for code in codes}
            ),
        },
    )


def communities_of(roster_import: RosterImport, sheet: int) -> list[str]:
    rows = RosterRow.objects.filter(roster_import=roster_import, sheet=sheet)
    named = rows.exclude(community=None).order_by("community")
    return list(named.values_list("community_id", flat=True).distinct())


@transaction.atomic
def forget_columns(*, roster_import: RosterImport, by: User, at: dt.datetime) -> None:
    """An answer was wrong: forget those that served this file, and ask again."""
    previewed = RosterImport.objects.filter(
        pk=roster_import.pk, state=State.PREVIEWED, undoes=None
    )
    if not previewed.update(
        state=State.UPLOADED, attempts=0, claim=None, claimed_at=None
    ):
        raise ImportNotOpen(roster_import.pk)
    left_out = []
    for sheet in roster_import.sheets:
        ColumnMapping.objects.filter(
            division__in=communities_of(roster_import, sheet["number"]),
            header__in=sheet.get("answered", {}),
        ).delete()
        if "LEFT_OUT" in sheet["problems"]:
            left_out.append(sheet["name"])
    LeftOutSheet.objects.filter(
        division=roster_import.street_id, name__in=left_out
    ).delete()
    roster_import.questions.all().delete()
    forget_rows(roster_import)
    record(
        "roster.columns_forgotten",
        target=roster_import,
        by=by,
        at=at,
        division=roster_import.street_id,
        data={"left_out": left_out},
    )
