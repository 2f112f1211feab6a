import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0008_year_stars"),
        ("officials", "0004_more_posts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FigureExport",
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
                ("first", models.CharField(max_length=7, verbose_name="从哪个月")),
                ("last", models.CharField(max_length=7, verbose_name="到哪个月")),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("office", "评价办公室内部（含未公开的）"),
                            ("public", "可以公开的"),
                        ],
                        max_length=6,
                        verbose_name="给谁看",
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[("xlsx", "Excel"), ("csv", "CSV")],
                        max_length=4,
                        verbose_name="格式",
                    ),
                ),
                ("reason", models.CharField(max_length=200, verbose_name="用途")),
                ("language", models.CharField(max_length=10, verbose_name="语言")),
                ("expected", models.PositiveIntegerField(verbose_name="预计行数")),
                ("asked_at", models.DateTimeField(verbose_name="提出时间")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "还没写好"),
                            ("done", "可以下载"),
                            ("gone", "文件已删除"),
                            ("lapsed", "没有写成"),
                        ],
                        default="asked",
                        max_length=6,
                        verbose_name="状态",
                    ),
                ),
                ("done_at", models.DateTimeField(null=True, verbose_name="写完时间")),
                ("rows", models.PositiveIntegerField(null=True, verbose_name="行数")),
                (
                    "sha256",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="文件 SHA-256"
                    ),
                ),
                ("stored_as", models.CharField(blank=True, max_length=40)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="导出人",
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="officials.division",
                        verbose_name="区县",
                    ),
                ),
            ],
            options={
                "verbose_name": "导出的评价",
                "verbose_name_plural": "导出的评价",
                "ordering": ("-asked_at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("done_at", None),
                                ("rows", None),
                                ("sha256", ""),
                                ("state__in", ["asked", "lapsed"]),
                                ("stored_as", ""),
                            ),
                            models.Q(
                                ("done_at__isnull", False),
                                ("rows__isnull", False),
                                ("state", "done"),
                                models.Q(("sha256", ""), _negated=True),
                                models.Q(("stored_as", ""), _negated=True),
                            ),
                            models.Q(
                                ("done_at__isnull", False),
                                ("rows__isnull", False),
                                ("state", "gone"),
                                ("stored_as", ""),
                                models.Q(("sha256", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="figure_export_done_has_file",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first__lte", models.F("last"))),
                        name="figure_export_months_in_order",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "asked")),
                        fields=(
                            "asked_by",
                            "district",
                            "first",
                            "last",
                            "audience",
                            "form",
                        ),
                        name="figure_export_asked_once",
                    ),
                ],
            },
        ),
    ]
