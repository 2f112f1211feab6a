import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("evaluations", "0007_tokens_and_webhooks"),
    ]

    operations = [
        migrations.AddField(
            "starrating",
            "state",
            models.CharField(
                choices=[
                    ("proposed", "待决定"),
                    ("declined", "未同意"),
                    ("decided", "已决定"),
                    ("published", "已公布"),
                ],
                default="decided",
                max_length=10,
                verbose_name="状态",
            ),
        ),
        migrations.AddField(
            "starrating",
            "reading",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="year_stars",
                to="evaluations.monthlyrating",
                verbose_name="依据的结果",
            ),
        ),
        migrations.AddField(
            "starrating",
            "items",
            models.TextField(blank=True, default="", verbose_name="各题得分"),
            preserve_default=False,
        ),
        migrations.AddField(
            "starrating",
            "proposed_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="提出人",
            ),
        ),
        migrations.AddField(
            "starrating",
            "proposed_at",
            models.DateTimeField(null=True, verbose_name="提出时间"),
        ),
        migrations.AlterField(
            "starrating",
            "decided_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="决定人",
            ),
        ),
        migrations.AlterField(
            "starrating",
            "decided_at",
            models.DateTimeField(null=True, verbose_name="决定时间"),
        ),
        migrations.AddField(
            "starrating",
            "declined_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "starrating",
            "declined_at",
            models.DateTimeField(null=True, verbose_name="退回时间"),
        ),
        migrations.AddField(
            "starrating",
            "decline_reason",
            models.CharField(
                blank=True, default="", max_length=300, verbose_name="退回原因"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "starrating",
            "published_by",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "starrating",
            "published_at",
            models.DateTimeField(null=True, verbose_name="公布时间"),
        ),
        migrations.AddConstraint(
            "starrating",
            models.CheckConstraint(
                condition=Q(reading=None, proposed_by=None, proposed_at=None)
                | Q(
                    reading__isnull=False,
                    proposed_by__isnull=False,
                    proposed_at__isnull=False,
                ),
                name="star_rating_proposed_from_a_reading",
            ),
        ),
        migrations.AddConstraint(
            "starrating",
            models.CheckConstraint(
                condition=Q(
                    state__in=("decided", "published"),
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                )
                | Q(
                    state__in=("proposed", "declined"), decided_by=None, decided_at=None
                ),
                name="star_rating_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            "starrating",
            models.CheckConstraint(
                condition=Q(proposed_by=None)
                | Q(decided_by=None)
                | ~Q(decided_by=F("proposed_by")),
                name="star_rating_decided_by_another",
            ),
        ),
        migrations.AddConstraint(
            "starrating",
            models.CheckConstraint(
                condition=~Q(state="declined")
                | (
                    Q(declined_by__isnull=False, declined_at__isnull=False)
                    & ~Q(decline_reason="")
                ),
                name="star_rating_declined_with_reason",
            ),
        ),
        migrations.AddConstraint(
            "starrating",
            models.CheckConstraint(
                condition=Q(
                    state="published",
                    published_by__isnull=False,
                    published_at__isnull=False,
                )
                | (~Q(state="published") & Q(published_by=None, published_at=None)),
                name="star_rating_published_by_somebody",
            ),
        ),
    ]
