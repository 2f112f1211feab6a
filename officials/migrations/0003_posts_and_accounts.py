import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("officials", "0002_working_days"),
        ("accounts", "0005_grant_at_most_a_year"),
    ]

    operations = [
        migrations.CreateModel(
            name="OfficialAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("linked_by", models.CharField(max_length=60, verbose_name="对应人")),
                ("linked_at", models.DateTimeField(verbose_name="对应时间")),
                (
                    "official",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="account",
                        to="officials.official",
                        verbose_name="干部",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="official_account",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="账号",
                    ),
                ),
            ],
            options={
                "verbose_name": "干部账号",
                "verbose_name_plural": "干部账号",
            },
        ),
    ]
