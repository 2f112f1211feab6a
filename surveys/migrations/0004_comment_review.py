from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("surveys", "0003_coercion_report")]

    operations = [
        migrations.AddField(
            model_name="comment",
            name="blackouts",
            field=models.JSONField(blank=True, default=list, verbose_name="涂黑"),
        ),
        migrations.AddField(
            model_name="comment",
            name="reviewed_by",
            field=models.CharField(
                blank=True, default="", max_length=60, verbose_name="审阅人"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="comment",
            name="is_raw",
            field=models.BooleanField(default=True, verbose_name="原话还在"),
        ),
        migrations.AddConstraint(
            model_name="comment",
            constraint=models.CheckConstraint(
                condition=Q(("review", "pending"), ("reviewed_by", ""))
                | (~Q(("review", "pending")) & ~Q(("reviewed_by", ""))),
                name="comment_reviewed_by_somebody",
            ),
        ),
    ]
