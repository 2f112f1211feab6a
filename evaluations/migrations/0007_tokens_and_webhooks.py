import datetime
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('evaluations', '0006_told_figures'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, verbose_name='接收方')),
                ('scope', models.CharField(max_length=12, validators=[django.core.validators.RegexValidator('^(\\d{2}|\\d{4}|\\d{6}|\\d{9}|\\d{12})$', '写 2、4、6、9 或 12 位区划代码。')], verbose_name='范围')),
                ('url', models.CharField(max_length=300, verbose_name='地址')),
                ('secret', models.BinaryField(max_length=200, verbose_name='密钥（加密）')),
                ('made_at', models.DateTimeField(verbose_name='登记时间')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='停用时间')),
                ('end_reason', models.CharField(blank=True, max_length=200, verbose_name='停用原因')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='停用人')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='登记人')),
            ],
            options={
                'verbose_name': '发布通知',
                'verbose_name_plural': '发布通知',
                'ordering': ('-made_at',),
            },
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('event', models.CharField(choices=[('month.published', '发布'), ('publication.withdrawn', '撤回')], max_length=30, verbose_name='事项')),
                ('body', models.TextField(verbose_name='内容')),
                ('written_at', models.DateTimeField(verbose_name='写入时间')),
                ('state', models.CharField(choices=[('waiting', '待发送'), ('delivered', '已送达'), ('failed', '没有送达')], default='waiting', max_length=9, verbose_name='状态')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='发送次数')),
                ('next_at', models.DateTimeField(null=True, verbose_name='下次发送')),
                ('status', models.PositiveSmallIntegerField(null=True, verbose_name='对方答复')),
                ('problem', models.CharField(blank=True, max_length=20, verbose_name='问题')),
                ('delivered_at', models.DateTimeField(null=True, verbose_name='送达时间')),
                ('publication', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='evaluations.publication')),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='evaluations.webhook')),
            ],
            options={
                'verbose_name': '通知记录',
                'verbose_name_plural': '通知记录',
                'ordering': ('-written_at',),
            },
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, verbose_name='用途')),
                ('scope', models.CharField(max_length=12, validators=[django.core.validators.RegexValidator('^(\\d{2}|\\d{4}|\\d{6}|\\d{9}|\\d{12})$', '写 2、4、6、9 或 12 位区划代码。')], verbose_name='范围')),
                ('audience', models.CharField(choices=[('public', '公开数字'), ('office', '内部数字')], max_length=6, verbose_name='看什么')),
                ('key_hash', models.BinaryField(max_length=32)),
                ('key_id', models.PositiveSmallIntegerField()),
                ('starts_on', models.DateField(verbose_name='起')),
                ('ends_on', models.DateField(verbose_name='止')),
                ('made_at', models.DateTimeField(verbose_name='制作时间')),
                ('approved_at', models.DateTimeField(null=True, verbose_name='核准时间')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='收回时间')),
                ('revoke_reason', models.CharField(blank=True, max_length=200, verbose_name='收回原因')),
                ('last_used_on', models.DateField(null=True, verbose_name='最近使用')),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='核准人')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='制作人')),
                ('revoked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='收回人')),
            ],
            options={
                'verbose_name': '接口令牌',
                'verbose_name_plural': '接口令牌',
                'ordering': ('-made_at',),
                'constraints': [models.UniqueConstraint(fields=('key_hash',), name='token_hash_once'), models.CheckConstraint(condition=models.Q(('audience__in', ('public', 'office'))), name='token_audience_known'), models.CheckConstraint(condition=models.Q(('ends_on__gt', models.F('starts_on')), ('ends_on__lte', django.db.models.expressions.CombinedExpression(models.F('starts_on'), '+', models.Value(datetime.timedelta(days=366))))), name='token_at_most_a_year'), models.CheckConstraint(condition=models.Q(('approved_by', models.F('made_by')), _negated=True), name='token_second_person'), models.CheckConstraint(condition=models.Q(models.Q(('approved_at', None), ('approved_by', None)), models.Q(('approved_at__gte', models.F('made_at')), ('approved_at__lt', django.db.models.expressions.CombinedExpression(models.F('made_at'), '+', models.Value(datetime.timedelta(days=3)))), ('approved_by__isnull', False), ('audience', 'office')), _connector='OR'), name='token_approved_in_time'), models.CheckConstraint(condition=models.Q(models.Q(('revoke_reason', ''), ('revoked_at', None), ('revoked_by', None)), models.Q(('revoked_at__isnull', False), ('revoked_by__isnull', False), models.Q(('revoke_reason', ''), _negated=True)), _connector='OR'), name='token_revoked_by_whom_and_why')],
            },
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('url', 'scope'), name='webhook_address_once'),
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end_reason', ''), ('ended_at', None), ('ended_by', None)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(('end_reason', ''), _negated=True)), _connector='OR'), name='webhook_ended_by_whom_and_why'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['next_at'], name='delivery_due'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(fields=('webhook', 'publication', 'event'), name='delivery_once'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('delivered_at', None), ('next_at__isnull', False), ('state', 'waiting')), models.Q(('delivered_at__gte', models.F('written_at')), ('next_at', None), ('state', 'delivered')), models.Q(('delivered_at', None), ('next_at', None), ('state', 'failed')), _connector='OR'), name='delivery_has_its_moment'),
        ),
    ]
