from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0007_tokens_and_webhooks")]

    operations = []
