from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("officials", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="WorkdayException",
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
                ("on", models.DateField(unique=True, verbose_name="日期")),
                ("is_workday", models.BooleanField(verbose_name="上班")),
                ("name", models.CharField(max_length=40, verbose_name="名称")),
            ],
            options={
                "verbose_name": "节假日安排",
                "verbose_name_plural": "节假日安排",
                "ordering": ("on",),
                "constraints": [
                    models.CheckConstraint(
                        condition=~models.Q(name=""),
                        name="workday_exception_has_name",
                    )
                ],
            },
        ),
    ]
