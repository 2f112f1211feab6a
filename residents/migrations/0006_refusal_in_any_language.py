from django.db import migrations, models


class Migration(migrations.Migration):
    """Why a file was not read: by code and parameters; an old text stays as it is."""

    dependencies = [("residents", "0005_corrections_and_erasure")]

    operations = [
        migrations.AddField(
            model_name="rosterimport",
            name="refusal_code",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(
            model_name="rosterimport",
            name="refusal_params",
            field=models.JSONField(default=dict),
        ),
    ]
