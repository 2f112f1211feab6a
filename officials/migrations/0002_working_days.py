from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("officials", "0001_initial")]

    operations = []
