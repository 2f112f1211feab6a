"""What must not exist in the tables of the room (T61)."""

import pytest
from django.apps import apps
from django.db import connection, models

TABLES = [model._meta.db_table for model in apps.get_app_config("ballots").get_models()]
MOMENTS = {
    ("ballots_ballotbox", "closes_at"),
    ("ballots_opening", "opened_at"),
}


def columns(condition: str) -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            f" WHERE table_name = ANY(%s) AND ({condition})",
            [TABLES],
        )
        return set(cursor.fetchall())


@pytest.mark.django_db
def test_no_row_knows_a_clock_time_but_deadline_and_opening():
    assert columns("data_type ~ '^(timestamp|time|interval)'") == MOMENTS


@pytest.mark.django_db
def test_no_key_counts_upwards():
    assert columns("is_identity = 'YES' OR column_default IS NOT NULL") == set()
    keys = {
        (model._meta.pk.name, type(model._meta.pk))
        for model in apps.get_app_config("ballots").get_models()
    }
    assert keys == {("id", models.UUIDField)}


@pytest.mark.django_db
def test_nothing_is_named_after_address_device_or_revision():
    assert columns(
        "column_name ~ '(^ip|address|agent|device|session|revision|version"
        "|created|updated|modified|attempt|replaced|serial|sequence|order)'"
    ) == {("ballots_promisetext", "version")}


@pytest.mark.django_db
def test_household_is_an_opaque_value_without_foreign_key():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT source.relname, target.relname FROM pg_constraint"
            " JOIN pg_class source ON source.oid = conrelid"
            " JOIN pg_class target ON target.oid = confrelid"
            " WHERE contype = 'f' AND source.relname = ANY(%s)",
            [TABLES],
        )
        targets = {target for _source, target in cursor.fetchall()}
    assert targets <= set(TABLES)


def test_envelope_has_exactly_the_columns_of_the_specification():
    names = {
        field.name for field in apps.get_model("ballots", "Envelope")._meta.get_fields()
    }
    assert names == {
        "id",
        "box",
        "code",
        "day",
        "channel",
        "batch",
        "papers",
        "texts",
        "digest",
        "row_mac",
        "algorithm_id",
        "key_id",
        "receipt_hash",
        "nonce_hash",
    }
