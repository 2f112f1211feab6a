import datetime

import django.db.models.expressions
import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_grant_end"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="rolegrant",
            name="grant_ends_after_start",
        ),
        migrations.AlterField(
            model_name="rolegrant",
            name="granted_on",
            field=models.DateField(verbose_name="授予日期"),
        ),
        migrations.AlterField(
            model_name="rolegrant",
            name="ends_on",
            field=models.DateField(verbose_name="止"),
        ),
        migrations.AddIndex(
            model_name="rolegrant",
            index=models.Index(fields=["ends_on"], name="grant_ends_on"),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gt", models.F("starts_on"))),
                name="grant_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "ends_on__lte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.functions.comparison.Greatest(
                                "granted_on", "starts_on"
                            ),
                            "+",
                            models.Value(datetime.timedelta(days=366)),
                        ),
                    )
                ),
                name="grant_at_most_a_year",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("agreed_by", ""),
                    models.Q(("agreed_by", models.F("granted_by")), _negated=True),
                    _connector="OR",
                ),
                name="grant_agreed_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("revoke_reason", ""), ("revoked_at", None), ("revoked_by", "")
                    ),
                    models.Q(
                        ("revoked_at__isnull", False),
                        models.Q(("revoked_by", ""), _negated=True),
                        models.Q(("revoke_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="grant_revoked_by_whom_and_why",
            ),
        ),
    ]
