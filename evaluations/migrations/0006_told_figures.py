import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0005_schemes_by_kind")]

    operations = [
        migrations.AddField(
            model_name='monthlyrating',
            name='not_eligible',
            field=models.PositiveIntegerField(null=True, verbose_name='不在范围内'),
        ),
        migrations.AddField(
            model_name='monthlyrating',
            name='partial',
            field=models.PositiveIntegerField(null=True, verbose_name='部分答卷'),
        ),
        migrations.AddField(
            model_name='monthlyrating',
            name='unknown',
            field=models.PositiveIntegerField(null=True, verbose_name='情况不明'),
        ),
        migrations.CreateModel(
            name='ToldFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('audience', models.CharField(choices=[('public', 'public'), ('office', 'office')], max_length=10, verbose_name='对象')),
                ('kind', models.CharField(choices=[('score', '得分和户数'), ('question', '一道题'), ('modes', '答卷的方式'), ('strata', '各层户数'), ('finals', '没有答的各种情形'), ('group', '收缩分组的平均')], max_length=10, verbose_name='数字')),
                ('label', models.CharField(blank=True, max_length=20, verbose_name='标签')),
                ('first', models.CharField(max_length=7, verbose_name='窗口起')),
                ('last', models.CharField(max_length=7, verbose_name='窗口止')),
                ('covers', models.TextField(verbose_name='户从哪里来')),
                ('households', models.PositiveIntegerField(null=True, verbose_name='户数')),
                ('mean', models.CharField(blank=True, max_length=10, verbose_name='平均，照印出来的')),
                ('counts', models.TextField(blank=True, verbose_name='各标签户数')),
                ('at', models.DateTimeField(verbose_name='时间')),
                ('pool', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='told', to='evaluations.poolingrecord')),
                ('publication', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evaluations.publication')),
                ('rating', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='told', to='evaluations.monthlyrating')),
            ],
            options={
                'verbose_name': '说出去的数字',
                'verbose_name_plural': '说出去的数字',
                'indexes': [models.Index(fields=['rating', 'kind'], name='told_of_rating')],
                'constraints': [models.UniqueConstraint(fields=('rating', 'audience', 'kind', 'label'), name='told_once_per_audience'), models.UniqueConstraint(fields=('pool', 'audience', 'kind'), name='told_once_per_group'), models.CheckConstraint(condition=models.Q(models.Q(('pool', None), ('rating__isnull', False)), models.Q(('pool__isnull', False), ('rating', None)), _connector='OR'), name='told_of_one_thing'), models.CheckConstraint(condition=models.Q(models.Q(('audience', 'office'), ('publication', None)), models.Q(('audience', 'public'), ('publication__isnull', False)), _connector='OR'), name='told_to_the_public_by_a_version')],
            },
        ),
    ]
