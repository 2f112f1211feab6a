import uuid

import datetime
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_sign_in_and_second_factor"),
    ]

    operations = [
        migrations.CreateModel(
            name="Approval",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("verb", models.CharField(max_length=60, verbose_name="事项")),
                ("permission", models.CharField(max_length=40)),
                ("division", models.CharField(max_length=12, verbose_name="区划代码")),
                ("payload", models.JSONField(verbose_name="内容")),
                ("digest", models.BinaryField(max_length=32)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "待核准"),
                            ("approved", "已核准"),
                            ("declined", "已退回"),
                            ("withdrawn", "已撤回"),
                            ("lapsed", "已过期"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="状态",
                    ),
                ),
                ("proposed_at", models.DateTimeField(verbose_name="提出时间")),
                ("expires_at", models.DateTimeField(verbose_name="有效到")),
                (
                    "decided_at",
                    models.DateTimeField(null=True, verbose_name="核准时间"),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, max_length=200, verbose_name="退回原因"
                    ),
                ),
            ],
            options={
                "verbose_name": "双人核准",
                "verbose_name_plural": "双人核准",
                "ordering": ("-proposed_at", "pk"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="rolegrant",
            name="grant_once",
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="agreed_by",
            field=models.CharField(blank=True, max_length=60, verbose_name="核准人"),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="granted_on",
            field=models.DateField(null=True, verbose_name="授予日期"),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="revoke_reason",
            field=models.CharField(blank=True, max_length=200, verbose_name="收回原因"),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="revoked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="收回时间"),
        ),
        migrations.AddField(
            model_name="rolegrant",
            name="revoked_by",
            field=models.CharField(blank=True, max_length=60, verbose_name="收回人"),
        ),
        migrations.AddConstraint(
            model_name="rolegrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at", None)),
                fields=("user", "role", "scope", "starts_on"),
                name="grant_once",
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="核准人",
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="提出人",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["approved", "declined"]), _negated=True),
                    models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="approval_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at", None),
                        ("decided_by", None),
                        ("state__in", ["waiting", "lapsed"]),
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("state__in", ["approved", "declined", "withdrawn"]),
                    ),
                    _connector="OR",
                ),
                name="approval_decided_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "expires_at",
                        django.db.models.expressions.CombinedExpression(
                            models.F("proposed_at"),
                            "+",
                            models.Value(datetime.timedelta(days=3)),
                        ),
                    )
                ),
                name="approval_waits_72_hours",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "approved"), _negated=True),
                    ("decided_at__lt", models.F("expires_at")),
                    _connector="OR",
                ),
                name="approval_in_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "declined"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="approval_declined_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "waiting")),
                fields=("digest",),
                name="approval_one_waiting",
            ),
        ),
    ]
