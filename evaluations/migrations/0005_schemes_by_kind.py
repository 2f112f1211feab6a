from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0004_quarters")]

    operations = []
