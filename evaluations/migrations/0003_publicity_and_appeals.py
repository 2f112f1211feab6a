import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("evaluations", "0002_pools_ranks_and_years"),
        ("officials", "0001_initial"),
        ("surveys", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('filed_on', models.DateField(verbose_name='申诉日期')),
                ('filed_at', models.DateTimeField(verbose_name='申诉时间')),
                ('ground', models.CharField(choices=[('process', '测评的过程不合规定'), ('calculation', '结果算错了'), ('facts', '任职、社区或名册的事实有误'), ('other', '其他')], max_length=12, verbose_name='理由')),
                ('evidence', models.TextField(max_length=2000, verbose_name='事实和依据')),
                ('due_on', models.DateField(verbose_name='答复期限')),
                ('due_days', models.PositiveSmallIntegerField(default=10, verbose_name='工作日')),
                ('due_is_certain', models.BooleanField(verbose_name='节假日已安排')),
                ('state', models.CharField(choices=[('filed', '待受理'), ('accepted', '复核中'), ('upheld', '成立'), ('rejected', '不成立')], default='filed', max_length=10, verbose_name='状态')),
                ('accepted_at', models.DateTimeField(null=True, verbose_name='受理时间')),
                ('decided_at', models.DateTimeField(null=True, verbose_name='答复时间')),
                ('decision', models.CharField(blank=True, choices=[('remark', '成立：加注说明，数字不变'), ('set_aside', '成立：一次测评中本社区的数字作废，更正结果'), ('rejected', '不成立')], default='', max_length=10, verbose_name='处理')),
                ('outcome', models.TextField(blank=True, max_length=1000, verbose_name='答复')),
            ],
            options={
                'verbose_name': '申诉',
                'verbose_name_plural': '申诉',
                'ordering': ('due_on', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='NoticedRating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'verbose_name': '公示的评价',
                'verbose_name_plural': '公示的评价',
            },
        ),
        migrations.CreateModel(
            name='PublicityNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.CharField(max_length=7, verbose_name='月份')),
                ('number', models.PositiveSmallIntegerField(verbose_name='次数')),
                ('days', models.PositiveSmallIntegerField(default=5, verbose_name='工作日')),
                ('starts_on', models.DateField(verbose_name='公示开始')),
                ('ends_on', models.DateField(verbose_name='公示结束')),
                ('is_certain', models.BooleanField(verbose_name='节假日已安排')),
                ('rule', models.CharField(max_length=200, verbose_name='依据')),
                ('digest', models.CharField(max_length=64, verbose_name='摘要')),
                ('started_at', models.DateTimeField(verbose_name='公示时间')),
            ],
            options={
                'verbose_name': '公示',
                'verbose_name_plural': '公示',
                'ordering': ('-month', '-number'),
            },
        ),
        migrations.CreateModel(
            name='ResultNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given_at', models.DateTimeField(verbose_name='送达时间')),
                ('seen_at', models.DateTimeField(null=True, verbose_name='本人查看时间')),
                ('reply', models.TextField(blank=True, max_length=1000, verbose_name='本人答复')),
                ('replied_at', models.DateTimeField(null=True, verbose_name='答复时间')),
            ],
            options={
                'verbose_name': '结果告知',
                'verbose_name_plural': '结果告知',
                'ordering': ('-given_at', 'pk'),
            },
        ),
        migrations.CreateModel(
            name='SetAside',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('proposed', '等另一个人同意'), ('done', '已生效'), ('declined', '未同意')], default='proposed', max_length=10, verbose_name='状态')),
                ('slot', models.CharField(max_length=80, null=True, unique=True)),
                ('reason', models.CharField(max_length=300, verbose_name='原因')),
                ('proposed_at', models.DateTimeField(verbose_name='提出时间')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='答复时间')),
                ('answer', models.CharField(blank=True, max_length=300, verbose_name='答复')),
            ],
            options={
                'verbose_name': '作废一次测评中一个社区的数字',
                'verbose_name_plural': '作废一次测评中一个社区的数字',
                'ordering': ('-proposed_at',),
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Withdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('proposed', '等另一个人同意'), ('done', '已生效'), ('declined', '未同意')], default='proposed', max_length=10, verbose_name='状态')),
                ('slot', models.CharField(max_length=80, null=True, unique=True)),
                ('reason', models.CharField(max_length=300, verbose_name='原因')),
                ('proposed_at', models.DateTimeField(verbose_name='提出时间')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='答复时间')),
                ('answer', models.CharField(blank=True, max_length=300, verbose_name='答复')),
            ],
            options={
                'verbose_name': '撤回发布',
                'verbose_name_plural': '撤回发布',
                'ordering': ('-proposed_at',),
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='monthlyrating',
            name='rating_published_by_somebody',
        ),
        migrations.AddField(
            model_name='monthlyrating',
            name='is_correction',
            field=models.BooleanField(default=False, verbose_name='更正'),
        ),
        migrations.AddField(
            model_name='publication',
            name='reason',
            field=models.CharField(blank=True, max_length=600, verbose_name='更正原因'),
        ),
        migrations.AddField(
            model_name='publication',
            name='withdrawn',
            field=models.BooleanField(default=False, verbose_name='已撤回'),
        ),
        migrations.AlterField(
            model_name='monthlyrating',
            name='state',
            field=models.CharField(choices=[('computed', '待复核'), ('returned', '已退回'), ('reviewed', '已复核'), ('previewed', '本人预览'), ('publicity', '公示中'), ('published', '已发布'), ('withdrawn', '已撤回')], default='computed', max_length=10, verbose_name='状态'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='filed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='申诉人'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='rating',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='appeal', to='evaluations.monthlyrating', verbose_name='结果'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='reviewer',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='复核人'),
        ),
        migrations.AddField(
            model_name='noticedrating',
            name='rating',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='evaluations.monthlyrating'),
        ),
        migrations.AddField(
            model_name='publicitynotice',
            name='division',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='officials.division', verbose_name='区县'),
        ),
        migrations.AddField(
            model_name='publicitynotice',
            name='started_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='公示人'),
        ),
        migrations.AddField(
            model_name='noticedrating',
            name='notice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='evaluations.publicitynotice'),
        ),
        migrations.AddField(
            model_name='appeal',
            name='notice',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appeals', to='evaluations.publicitynotice'),
        ),
        migrations.AddField(
            model_name='resultnotice',
            name='appointment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='result_notices', to='officials.appointment'),
        ),
        migrations.AddField(
            model_name='resultnotice',
            name='given_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='送达人'),
        ),
        migrations.AddField(
            model_name='resultnotice',
            name='rating',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='result_notice', to='evaluations.monthlyrating'),
        ),
        migrations.AddField(
            model_name='setaside',
            name='answered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='同意人'),
        ),
        migrations.AddField(
            model_name='setaside',
            name='appeal',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='set_asides', to='evaluations.appeal'),
        ),
        migrations.AddField(
            model_name='setaside',
            name='community',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='officials.division', verbose_name='社区'),
        ),
        migrations.AddField(
            model_name='setaside',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='提出人'),
        ),
        migrations.AddField(
            model_name='setaside',
            name='round',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='surveys.round', verbose_name='测评'),
        ),
        migrations.AddField(
            model_name='monthlyrating',
            name='because',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='evaluations.setaside'),
        ),
        migrations.AddConstraint(
            model_name='monthlyrating',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('because', None), ('is_correction', False), ('revision', 1)), models.Q(('because__isnull', False), ('revision__gt', 1)), _connector='OR'), name='rating_revision_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='monthlyrating',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', False), ('published_by__isnull', False), ('state__in', ('published', 'withdrawn'))), models.Q(models.Q(('state__in', ('published', 'withdrawn')), _negated=True), ('published_at', None), ('published_by', None)), _connector='OR'), name='rating_published_by_somebody'),
        ),
        migrations.AddField(
            model_name='withdrawal',
            name='answered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='同意人'),
        ),
        migrations.AddField(
            model_name='withdrawal',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='提出人'),
        ),
        migrations.AddField(
            model_name='withdrawal',
            name='publication',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='evaluations.publication', verbose_name='发布'),
        ),
        migrations.AddConstraint(
            model_name='publicitynotice',
            constraint=models.UniqueConstraint(fields=('division', 'month', 'number'), name='notice_number_once'),
        ),
        migrations.AddConstraint(
            model_name='publicitynotice',
            constraint=models.CheckConstraint(condition=models.Q(('days__gte', 5)), name='notice_five_days_at_least'),
        ),
        migrations.AddConstraint(
            model_name='publicitynotice',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on'))), name='notice_ends_later'),
        ),
        migrations.AddConstraint(
            model_name='noticedrating',
            constraint=models.UniqueConstraint(fields=('notice', 'rating'), name='noticed_rating_once'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('evidence', ''), _negated=True), name='appeal_has_evidence'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted_at', None), ('reviewer', None), ('state', 'filed')), models.Q(models.Q(('state', 'filed'), _negated=True), ('accepted_at__isnull', False), ('reviewer__isnull', False)), _connector='OR'), name='appeal_accepted_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decision', ''), ('outcome', ''), ('state__in', ('filed', 'accepted'))), models.Q(('decided_at__isnull', False), ('state__in', ('upheld', 'rejected')), models.Q(('decision', ''), _negated=True), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='appeal_decided_with_words'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('reviewer', None), models.Q(('reviewer', models.F('filed_by')), _negated=True), _connector='OR'), name='appeal_reviewed_by_another'),
        ),
        migrations.AddConstraint(
            model_name='resultnotice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('replied_at', None), ('reply', '')), models.Q(models.Q(('reply', ''), _negated=True), ('replied_at__isnull', False)), _connector='OR'), name='result_notice_reply_has_moment'),
        ),
        migrations.AddConstraint(
            model_name='setaside',
            constraint=models.CheckConstraint(condition=models.Q(('answered_by', None), models.Q(('answered_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='setaside_by_another'),
        ),
        migrations.AddConstraint(
            model_name='setaside',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('answered_by', None), ('state', 'proposed')), models.Q(models.Q(('state', 'proposed'), _negated=True), ('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='setaside_answered_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='setaside',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('slot__isnull', False), ('state', 'done')), models.Q(models.Q(('state', 'done'), _negated=True), ('slot', None)), _connector='OR'), name='setaside_done_has_slot'),
        ),
        migrations.AddConstraint(
            model_name='setaside',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='setaside_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.CheckConstraint(condition=models.Q(('answered_by', None), models.Q(('answered_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='withdrawal_by_another'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('answered_by', None), ('state', 'proposed')), models.Q(models.Q(('state', 'proposed'), _negated=True), ('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='withdrawal_answered_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('slot__isnull', False), ('state', 'done')), models.Q(models.Q(('state', 'done'), _negated=True), ('slot', None)), _connector='OR'), name='withdrawal_done_has_slot'),
        ),
        migrations.AddConstraint(
            model_name='withdrawal',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='withdrawal_has_reason'),
        ),
    ]
