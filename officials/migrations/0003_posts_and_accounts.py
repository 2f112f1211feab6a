from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("officials", "0002_working_days")]

    operations = []
