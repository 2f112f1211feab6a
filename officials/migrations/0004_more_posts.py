from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("officials", "0003_posts_and_accounts")]

    operations = [
        migrations.AlterField(
            model_name="organization",
            name="kind",
            field=models.CharField(
                choices=[
                    ("organization_department", "组织部"),
                    ("street_party_committee", "街道党工委"),
                    ("community_party_committee", "社区党委"),
                    ("residents_committee", "居民委员会"),
                    ("street_office", "街道办事处"),
                    ("town_government", "镇政府"),
                    ("township_government", "乡政府"),
                    ("department", "部门"),
                    ("leadership_team", "领导班子"),
                ],
                max_length=40,
                verbose_name="类别",
            ),
        ),
        migrations.AlterField(
            model_name="post",
            name="kind",
            field=models.CharField(
                choices=[
                    ("community_secretary", "社区党委书记"),
                    ("head", "党政正职"),
                    ("community_worker", "社区工作者"),
                    ("grid_worker", "网格员"),
                ],
                max_length=40,
                verbose_name="类别",
            ),
        ),
    ]
