from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0003_publicity_and_appeals")]

    operations = []
