from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0006_told_figures")]

    operations = []
