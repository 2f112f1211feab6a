"""Rows staged before 0008 lack the columns that a confirmation copies.

Files that nobody has confirmed yet are read again; their files are still kept. Rows of
confirmed imports stay for their undo, which asks for the reasons that they raised.
"""

from django.db import migrations

UNFINISHED = ("parsed", "previewed")
ASK_FOR_A_PERSON = frozenset(
    {
        "COMMUNITY_DIFFERS_FROM_SHEET",
        "COUNT_IMPLAUSIBLE",
        "COUNT_STATUS_CONFLICT",
        "COUNT_TEXT_UNCLEAR",
        "DATE_AMBIGUOUS",
        "DATE_FUTURE",
        "DATE_UNREADABLE",
        "DUPLICATE_CONFLICT",
        "FILTERED_ROW",
        "FORMULA_ERROR",
        "HEAD_MISSING",
        "HIDDEN_ROW",
        "PHONE_INVALID",
        "PHONE_LANDLINE",
        "PHONE_MISSING",
        "PHONE_SHARED",
        "PHONE_TWO_NUMBERS",
        "STATUS_MISSING",
        "STATUS_UNKNOWN",
        "STRIKETHROUGH",
    }
)


def read_again(apps, schema_editor):
    imports = apps.get_model("residents", "RosterImport")
    changes = apps.get_model("residents", "RosterChange")
    rows = apps.get_model("residents", "RosterRow")
    unfinished = imports.objects.filter(state__in=UNFINISHED, undoes=None)
    changes.objects.filter(roster_import__in=unfinished).delete()
    rows.objects.filter(roster_import__in=unfinished).delete()
    unfinished.update(
        state="uploaded",
        claim=None,
        claimed_at=None,
        attempts=0,
        digest=None,
        previewed_at=None,
        counts={},
        sheets=[],
        rows_done=0,
    )


def tell_reasons(apps, schema_editor):
    rows = apps.get_model("residents", "RosterRow")
    doubtful = rows.objects.filter(action="warn", review_codes="")
    for problems in list(doubtful.values_list("problems", flat=True).distinct()):
        codes = [code for code in problems.split(",") if code in ASK_FOR_A_PERSON]
        doubtful.filter(problems=problems).update(review_codes=",".join(codes))


class Migration(migrations.Migration):
    dependencies = [("residents", "0008_rows_as_they_will_be_stored")]

    operations = [
        migrations.RunPython(read_again, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(tell_reasons, migrations.RunPython.noop, elidable=True),
    ]
