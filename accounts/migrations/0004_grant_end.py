"""Every role gets an end: twelve months from today at the latest (T88)."""

import datetime as dt

from django.db import migrations
from django.utils import timezone


def give_an_end(apps, schema_editor):
    """What had no end, or a later one, ends in a year; nobody is locked out today."""
    today = timezone.localdate()
    year = today + dt.timedelta(days=365)
    grants = apps.get_model("accounts", "RoleGrant").objects
    grants.update(granted_on=today)
    grants.filter(ends_on=None, starts_on__lte=today).update(ends_on=year)
    grants.filter(ends_on__gt=year, starts_on__lte=today).update(ends_on=year)
    for grant in grants.filter(starts_on__gt=today):
        latest = grant.starts_on + dt.timedelta(days=365)
        grant.ends_on = min(grant.ends_on or latest, latest)
        grant.save(update_fields=["ends_on"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_grant_revocation_and_approval"),
    ]

    operations = [
        migrations.RunPython(give_an_end, migrations.RunPython.noop),
    ]
