"""T64: a table near a ballot box without a line in docs/linkage.md fails the build."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

ROOMS = ("residents", "ballots", "surveys", "evaluations")
TEXT = (Path(settings.ROOT) / "docs" / "linkage.md").read_text(encoding="utf-8")
NAMED = set(re.findall(rf"`((?:{'|'.join(ROOMS)})_[a-z]+)", TEXT))
# Named together in one line: figures, decisions and schemes hold no single answer.
TOGETHER = {"evaluations"}
TABLES = sorted(
    model._meta.db_table
    for room in ROOMS
    if room not in TOGETHER
    for model in apps.get_app_config(room).get_models()
)


@pytest.mark.parametrize("table", TABLES)
def test_table_has_its_line_in_the_linkage_list(table: str) -> None:
    assert table in NAMED


def test_linkage_list_names_no_table_that_is_gone() -> None:
    known = {model._meta.db_table for model in apps.get_models()}
    assert NAMED - known == set()
