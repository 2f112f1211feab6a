from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0005_schemes_by_kind")]

    operations = []
