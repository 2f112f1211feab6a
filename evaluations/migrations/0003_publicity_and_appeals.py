from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0002_pools_ranks_and_years")]

    operations = []
