import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import polib
import pytest

from config.catalogues import LOCALE, compile_stale

ROOT = LOCALE.parent
# What may hold words for people; the copy is read, never the checkout changed.
NOT_READ = shutil.ignore_patterns(
    ".*", "var", "tests", "bench", "static", "docs", "*.mo"
)


def write_catalogue(locale: Path, *, translation: str) -> Path:
    source = locale / "en" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True, exist_ok=True)
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    catalogue.append(polib.POEntry(msgid="民评", msgstr=translation))
    catalogue.save(str(source))
    return source


def test_stale_catalogue_is_compiled_once(tmp_path: Path) -> None:
    source = write_catalogue(tmp_path, translation="Minping")
    compiled = source.with_suffix(".mo")
    assert compile_stale(tmp_path) == [compiled]
    assert compile_stale(tmp_path) == []
    assert polib.mofile(str(compiled))[0].msgstr == "Minping"


def test_changed_catalogue_is_compiled_again(tmp_path: Path) -> None:
    source = write_catalogue(tmp_path, translation="Minping")
    compile_stale(tmp_path)
    write_catalogue(tmp_path, translation="Rated by the people")
    later = time.time() + 5
    os.utime(source, (later, later))
    assert compile_stale(tmp_path) == [source.with_suffix(".mo")]
    assert (
        polib.mofile(str(source.with_suffix(".mo")))[0].msgstr == "Rated by the people"
    )


@pytest.fixture(scope="module")
def fresh_catalogue(tmp_path_factory: pytest.TempPathFactory) -> polib.POFile:
    """The English catalogue as makemessages would write it today."""
    copy = tmp_path_factory.mktemp("messages") / "copy"
    shutil.copytree(ROOT, copy, ignore=NOT_READ)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DJANGO_SETTINGS_MODULE", "PYTHONPATH")
    }
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "en", "--no-wrap"],
        cwd=copy,
        env=environment,
        check=True,
        capture_output=True,
    )
    return polib.pofile(str(copy / "locale" / "en" / "LC_MESSAGES" / "django.po"))


def test_every_text_has_its_english(fresh_catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in fresh_catalogue.untranslated_entries()] == []


def test_no_english_text_is_a_guess(fresh_catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in fresh_catalogue.fuzzy_entries()] == []
