import django.db.models.deletion
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0004_quarters"),
        ("officials", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DryRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme_digest', models.BinaryField(max_length=32)),
                ('month', models.CharField(max_length=7, verbose_name='月份')),
                ('asked_at', models.DateTimeField(verbose_name='提出时间')),
                ('state', models.CharField(choices=[('asked', '等待试算'), ('done', '已试算')], default='asked', max_length=6, verbose_name='状态')),
                ('done_at', models.DateTimeField(null=True, verbose_name='完成时间')),
                ('record', models.TextField(blank=True, verbose_name='报告')),
                ('record_sha256', models.CharField(blank=True, max_length=64, verbose_name='报告摘要')),
            ],
            options={
                'verbose_name': '试算',
                'verbose_name_plural': '试算',
                'ordering': ('-asked_at', '-pk'),
            },
        ),
        migrations.CreateModel(
            name='RuleDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120, verbose_name='标题')),
                ('number', models.CharField(max_length=60, verbose_name='文号')),
                ('issued_by', models.CharField(max_length=80, verbose_name='发文单位')),
                ('issued_on', models.DateField(verbose_name='发文日期')),
                ('repealed_on', models.DateField(null=True, verbose_name='废止日期')),
            ],
            options={
                'verbose_name': '制度文件',
                'verbose_name_plural': '制度文件',
                'ordering': ('-issued_on', 'number'),
            },
        ),
        migrations.CreateModel(
            name='SchemeBasis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(max_length=60, verbose_name='项目')),
                ('note', models.CharField(blank=True, max_length=120, verbose_name='条款')),
            ],
            options={
                'verbose_name': '依据',
                'verbose_name_plural': '依据',
                'ordering': ('field',),
            },
        ),
        migrations.AddField(
            model_name='assessmentscheme',
            name='approved_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='批准人'),
        ),
        migrations.AddField(
            model_name='assessmentscheme',
            name='division',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='officials.division', verbose_name='适用范围'),
        ),
        migrations.AddField(
            model_name='assessmentscheme',
            name='drafted_at',
            field=models.DateTimeField(null=True, verbose_name='起草时间'),
        ),
        migrations.AddField(
            model_name='assessmentscheme',
            name='drafted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='起草人'),
        ),
        migrations.AddField(
            model_name='assessmentscheme',
            name='grouping',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='officials.peergrouping', verbose_name='分组办法'),
        ),
        migrations.AddField(
            model_name='assessmentscheme',
            name='label',
            field=models.CharField(blank=True, max_length=20, verbose_name='标签'),
        ),
        migrations.AddField(
            model_name='assessmentscheme',
            name='proposed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='提出人'),
        ),
        migrations.AlterField(
            model_name='assessmentscheme',
            name='kind',
            field=models.CharField(choices=[('resident', '居民评价'), ('regular', '平时考核'), ('star', '评星定级'), ('annual', '年度考核'), ('term', '任期考核'), ('special', '专项考核')], max_length=12, verbose_name='类别'),
        ),
        migrations.AddConstraint(
            model_name='assessmentscheme',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'draft'), _negated=True), models.Q(('approved_by', None), ('frozen_at', None), ('proposed_by', None)), _connector='OR'), name='scheme_draft_is_not_frozen'),
        ),
        migrations.AddConstraint(
            model_name='assessmentscheme',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ('resident', 'regular', 'star', 'annual', 'term', 'special'))), name='scheme_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='assessmentscheme',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_by', None), ('proposed_by', None)), models.Q(('approved_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='scheme_in_force_by_two'),
        ),
        migrations.AddConstraint(
            model_name='assessmentscheme',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.Exact(models.F('digest'), models.Func(models.Func(models.F('parameters'), models.Value('UTF8'), function='CONVERT_TO', output_field=models.BinaryField()), function='SHA256', output_field=models.BinaryField())), name='scheme_digest_fits'),
        ),
        migrations.AddField(
            model_name='dryrun',
            name='asked_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='试算人'),
        ),
        migrations.AddField(
            model_name='dryrun',
            name='district',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='officials.division', verbose_name='区县'),
        ),
        migrations.AddField(
            model_name='dryrun',
            name='scheme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dry_runs', to='evaluations.assessmentscheme', verbose_name='办法'),
        ),
        migrations.AddField(
            model_name='ruledocument',
            name='division',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='officials.division', verbose_name='适用范围'),
        ),
        migrations.AddField(
            model_name='schemebasis',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bases', to='evaluations.ruledocument', verbose_name='制度文件'),
        ),
        migrations.AddField(
            model_name='schemebasis',
            name='scheme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bases', to='evaluations.assessmentscheme', verbose_name='办法'),
        ),
        migrations.AddConstraint(
            model_name='dryrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at', None), ('record', ''), ('record_sha256', ''), ('state', 'asked')), models.Q(('done_at__isnull', False), ('state', 'done'), models.Q(('record', ''), _negated=True), models.Q(('record_sha256', ''), _negated=True)), _connector='OR'), name='dry_run_done_has_report'),
        ),
        migrations.AddConstraint(
            model_name='ruledocument',
            constraint=models.UniqueConstraint(fields=('division', 'number'), name='rule_number_once'),
        ),
        migrations.AddConstraint(
            model_name='ruledocument',
            constraint=models.CheckConstraint(condition=models.Q(('repealed_on', None), ('repealed_on__gt', models.F('issued_on')), _connector='OR'), name='rule_repealed_after_issue'),
        ),
        migrations.AddConstraint(
            model_name='schemebasis',
            constraint=models.UniqueConstraint(fields=('scheme', 'field'), name='scheme_basis_once_per_field'),
        ),
        migrations.AddConstraint(
            model_name='schemebasis',
            constraint=models.CheckConstraint(condition=models.Q(('field', ''), _negated=True), name='scheme_basis_names_a_field'),
        ),
    ]
