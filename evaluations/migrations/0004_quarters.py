import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("evaluations", "0003_publicity_and_appeals"),
        ("officials", "0004_more_posts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AssessmentPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("month", "月度"),
                            ("quarter", "季度"),
                            ("year", "年度"),
                        ],
                        max_length=8,
                        verbose_name="类别",
                    ),
                ),
                ("code", models.CharField(max_length=7, verbose_name="时间")),
                (
                    "scheme_code",
                    models.CharField(max_length=30, verbose_name="办法编号"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "进行中"),
                            ("closed", "待复核"),
                            ("reviewed", "已复核"),
                            ("ranked", "已排名"),
                            ("publicity", "公示中"),
                            ("final", "已定案"),
                        ],
                        default="open",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("open_slot", models.CharField(max_length=50, null=True, unique=True)),
                ("opened_at", models.DateTimeField(verbose_name="开始时间")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="截止时间")),
                ("ranked_at", models.DateTimeField(null=True, verbose_name="排名时间")),
                ("publicity_from", models.DateField(null=True, verbose_name="公示起")),
                ("publicity_until", models.DateField(null=True, verbose_name="公示止")),
                ("final_at", models.DateTimeField(null=True, verbose_name="定案时间")),
                (
                    "colored_at",
                    models.DateTimeField(null=True, verbose_name="预警评定时间"),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="officials.division",
                        verbose_name="区县",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="evaluations.assessmentperiod",
                        verbose_name="属于",
                    ),
                ),
                (
                    "scheme",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="periods",
                        to="evaluations.assessmentscheme",
                        verbose_name="办法",
                    ),
                ),
            ],
            options={
                "verbose_name": "考核周期",
                "verbose_name_plural": "考核周期",
                "ordering": ("-code", "division_id", "scheme_code"),
            },
        ),
        migrations.CreateModel(
            name="ColorWarning",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("proposed_at", models.DateTimeField(verbose_name="提出时间")),
                (
                    "first_at",
                    models.DateTimeField(null=True, verbose_name="首次核准时间"),
                ),
                (
                    "first_decision",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="首位核准人的意见"
                    ),
                ),
                (
                    "decided_at",
                    models.DateTimeField(null=True, verbose_name="决定时间"),
                ),
                (
                    "decision",
                    models.CharField(blank=True, max_length=500, verbose_name="决定"),
                ),
                (
                    "hearing_on",
                    models.DateField(null=True, verbose_name="听取本人意见日期"),
                ),
                (
                    "hearing_record",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="本人意见"
                    ),
                ),
                (
                    "color",
                    models.CharField(
                        choices=[
                            ("yellow", "黄牌提醒"),
                            ("orange", "橙牌谈话"),
                            ("red", "红牌清退"),
                        ],
                        max_length=6,
                        verbose_name="颜色",
                    ),
                ),
                ("reasons", models.TextField(verbose_name="理由")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "待决定"),
                            ("decided", "已决定"),
                            ("dropped", "未采纳"),
                            ("lifted", "已解除"),
                        ],
                        default="proposed",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("lifted_at", models.DateTimeField(null=True, verbose_name="解除时间")),
                (
                    "lifted_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("clean", "之后的季度没有预警"),
                            ("appeal", "结果因申诉撤销"),
                        ],
                        max_length=6,
                        verbose_name="解除原因",
                    ),
                ),
                (
                    "lifted_in",
                    models.CharField(blank=True, max_length=7, verbose_name="解除于"),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="officials.appointment",
                        verbose_name="任职",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="决定人",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="officials.division",
                        verbose_name="区划",
                    ),
                ),
                (
                    "first_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="首位核准人",
                    ),
                ),
                (
                    "hearing_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="听取人",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evaluations.assessmentperiod",
                        verbose_name="季度",
                    ),
                ),
            ],
            options={
                "verbose_name": "三色预警",
                "verbose_name_plural": "三色预警",
                "ordering": ("-proposed_at", "division_id", "appointment_id"),
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="IndicatorScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("indicator", models.CharField(max_length=60, verbose_name="指标")),
                (
                    "revision",
                    models.PositiveSmallIntegerField(default=1, verbose_name="修订"),
                ),
                (
                    "raw",
                    models.DecimalField(
                        decimal_places=6, max_digits=18, verbose_name="原始数"
                    ),
                ),
                (
                    "score",
                    models.DecimalField(
                        decimal_places=6, max_digits=9, verbose_name="得分"
                    ),
                ),
                ("evidence", models.TextField(max_length=1000, verbose_name="凭据")),
                (
                    "evidence_kinds",
                    models.CharField(max_length=100, verbose_name="凭据种类"),
                ),
                ("source", models.CharField(max_length=14, verbose_name="来源")),
                ("entered_at", models.DateTimeField(verbose_name="录入时间")),
                (
                    "reason",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="调整原因"
                    ),
                ),
                (
                    "approved_at",
                    models.DateTimeField(null=True, verbose_name="核准时间"),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="indicator_scores",
                        to="officials.appointment",
                        verbose_name="任职",
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="核准人",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="录入人",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="scores",
                        to="evaluations.assessmentperiod",
                        verbose_name="月份",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="evaluations.indicatorscore",
                    ),
                ),
            ],
            options={
                "verbose_name": "指标得分",
                "verbose_name_plural": "指标得分",
                "ordering": ("indicator", "revision"),
            },
        ),
        migrations.CreateModel(
            name="Leave",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="起")),
                ("ends_on", models.DateField(verbose_name="返岗日期")),
                ("basis", models.CharField(max_length=200, verbose_name="依据")),
                ("recorded_at", models.DateTimeField(verbose_name="登记时间")),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leaves",
                        to="officials.appointment",
                        verbose_name="任职",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登记人",
                    ),
                ),
            ],
            options={
                "verbose_name": "准假",
                "verbose_name_plural": "准假",
                "ordering": ("-starts_on", "pk"),
            },
        ),
        migrations.CreateModel(
            name="Measure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("proposed_at", models.DateTimeField(verbose_name="提出时间")),
                (
                    "first_at",
                    models.DateTimeField(null=True, verbose_name="首次核准时间"),
                ),
                (
                    "first_decision",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="首位核准人的意见"
                    ),
                ),
                (
                    "decided_at",
                    models.DateTimeField(null=True, verbose_name="决定时间"),
                ),
                (
                    "decision",
                    models.CharField(blank=True, max_length=500, verbose_name="决定"),
                ),
                (
                    "hearing_on",
                    models.DateField(null=True, verbose_name="听取本人意见日期"),
                ),
                (
                    "hearing_record",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="本人意见"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("reminder_talk", "谈话提醒"),
                            ("criticism", "批评教育"),
                            ("admonition", "诫勉"),
                            ("adjustment", "组织调整"),
                            ("removal", "清退"),
                            ("accountability", "问责"),
                        ],
                        max_length=16,
                        verbose_name="措施",
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        choices=[
                            ("grade_fair", "季度等次为“一般”"),
                            ("grade_poor", "季度等次为“较差”"),
                            ("last_places", "连续末位"),
                            ("yellow", "黄牌"),
                            ("orange", "橙牌"),
                            ("red", "红牌"),
                        ],
                        max_length=12,
                        verbose_name="起因",
                    ),
                ),
                ("ground", models.TextField(verbose_name="理由")),
                ("basis", models.CharField(max_length=300, verbose_name="依据")),
                (
                    "effect_months",
                    models.PositiveSmallIntegerField(
                        null=True, verbose_name="效力月数"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "待决定"),
                            ("approved", "已决定"),
                            ("dropped", "未采纳"),
                            ("carried_out", "已执行"),
                            ("expired", "已到期"),
                        ],
                        default="proposed",
                        max_length=12,
                        verbose_name="状态",
                    ),
                ),
                ("effect_until", models.DateField(null=True, verbose_name="效力至")),
                (
                    "carried_out_on",
                    models.DateField(null=True, verbose_name="执行日期"),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="执行情况"
                    ),
                ),
                (
                    "added_to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="additions",
                        to="evaluations.measure",
                    ),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="officials.appointment",
                        verbose_name="任职",
                    ),
                ),
                (
                    "carried_out_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="执行人",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="决定人",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="officials.division",
                        verbose_name="区划",
                    ),
                ),
                (
                    "first_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="首位核准人",
                    ),
                ),
                (
                    "hearing_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="听取人",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evaluations.assessmentperiod",
                        verbose_name="季度",
                    ),
                ),
                (
                    "warning",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="measures",
                        to="evaluations.colorwarning",
                    ),
                ),
            ],
            options={
                "verbose_name": "措施",
                "verbose_name_plural": "措施",
                "ordering": ("-proposed_at", "division_id", "appointment_id"),
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ScoreSheet",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "revision",
                    models.PositiveSmallIntegerField(default=1, verbose_name="修订"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("collecting", "录入中"),
                            ("reviewed", "已复核"),
                            ("ranked", "已排名"),
                            ("publicity", "公示中"),
                            ("final", "已定案"),
                            ("withdrawn", "已撤销"),
                        ],
                        default="collecting",
                        max_length=10,
                        verbose_name="状态",
                    ),
                ),
                ("open_slot", models.CharField(max_length=20, null=True, unique=True)),
                (
                    "total",
                    models.DecimalField(
                        decimal_places=2, max_digits=6, null=True, verbose_name="总分"
                    ),
                ),
                (
                    "completeness",
                    models.DecimalField(
                        decimal_places=6, max_digits=7, null=True, verbose_name="完整度"
                    ),
                ),
                (
                    "office_points",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                        verbose_name="组织评分",
                    ),
                ),
                (
                    "resident_points",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=6,
                        null=True,
                        verbose_name="居民评价得分",
                    ),
                ),
                (
                    "resident_m",
                    models.PositiveIntegerField(null=True, verbose_name="居民户数"),
                ),
                (
                    "not_ranked",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("short_time", "任职不满半个季度"),
                            ("leave", "准假"),
                            ("incomplete", "指标不全"),
                            ("few_residents", "居民评价户数不够"),
                        ],
                        max_length=14,
                        verbose_name="未排名原因",
                    ),
                ),
                ("record", models.TextField(blank=True, verbose_name="记录")),
                (
                    "record_sha256",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="记录摘要"
                    ),
                ),
                (
                    "reviewed_at",
                    models.DateTimeField(null=True, verbose_name="复核时间"),
                ),
                (
                    "review_note",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="复核意见"
                    ),
                ),
                (
                    "withdrawn_at",
                    models.DateTimeField(null=True, verbose_name="撤销时间"),
                ),
                (
                    "withdrawn_because",
                    models.CharField(
                        blank=True, max_length=300, verbose_name="撤销原因"
                    ),
                ),
                (
                    "appointment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="score_sheets",
                        to="officials.appointment",
                        verbose_name="任职",
                    ),
                ),
                (
                    "division",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="officials.division",
                        verbose_name="区划",
                    ),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="score_sheets",
                        to="officials.peergroup",
                        verbose_name="组别",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sheets",
                        to="evaluations.assessmentperiod",
                        verbose_name="周期",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="evaluations.scoresheet",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="复核人",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="撤销人",
                    ),
                ),
            ],
            options={
                "verbose_name": "得分单",
                "verbose_name_plural": "得分单",
                "ordering": ("division_id", "appointment_id"),
            },
        ),
        migrations.CreateModel(
            name="MeasureGround",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "measure",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grounds",
                        to="evaluations.measure",
                    ),
                ),
                (
                    "sheet",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="measure_grounds",
                        to="evaluations.scoresheet",
                    ),
                ),
            ],
            options={
                "verbose_name": "措施的依据",
                "verbose_name_plural": "措施的依据",
            },
        ),
        migrations.CreateModel(
            name="GroupRank",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("rank", models.PositiveSmallIntegerField(verbose_name="名次")),
                ("of", models.PositiveSmallIntegerField(verbose_name="参加排名人数")),
                ("tie", models.BooleanField(verbose_name="并列")),
                ("is_last", models.BooleanField(verbose_name="末位")),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sheet_ranks",
                        to="officials.peergroup",
                        verbose_name="组别",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ranks",
                        to="evaluations.assessmentperiod",
                        verbose_name="季度",
                    ),
                ),
                (
                    "sheet",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="group_rank",
                        to="evaluations.scoresheet",
                    ),
                ),
            ],
            options={
                "verbose_name": "组内名次",
                "verbose_name_plural": "组内名次",
                "ordering": ("group_id", "rank", "sheet_id"),
            },
        ),
        migrations.CreateModel(
            name="Grade",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "grade",
                    models.CharField(
                        choices=[
                            ("good", "好"),
                            ("fairly_good", "较好"),
                            ("fair", "一般"),
                            ("poor", "较差"),
                        ],
                        max_length=12,
                        verbose_name="等次",
                    ),
                ),
                ("is_moved", models.BooleanField(verbose_name="因名额下调")),
                ("of", models.PositiveSmallIntegerField(verbose_name="参加评定人数")),
                ("places", models.PositiveSmallIntegerField(verbose_name="“好”的名额")),
                (
                    "sheet",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grade",
                        to="evaluations.scoresheet",
                    ),
                ),
            ],
            options={
                "verbose_name": "等次",
                "verbose_name_plural": "等次",
            },
        ),
        migrations.AddField(
            model_name="colorwarning",
            name="sheet",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="warnings",
                to="evaluations.scoresheet",
                verbose_name="得分单",
            ),
        ),
        migrations.AddConstraint(
            model_name="assessmentperiod",
            constraint=models.UniqueConstraint(
                fields=("scheme_code", "division", "code"), name="period_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="assessmentperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "month"),
                        ("parent__isnull", False),
                        ("state__in", ("open", "closed", "reviewed")),
                    ),
                    models.Q(
                        ("kind", "quarter"),
                        ("state__in", ("open", "ranked", "publicity", "final")),
                    ),
                    models.Q(
                        ("kind", "year"),
                        ("parent", None),
                        ("state__in", ("open", "final")),
                    ),
                    _connector="OR",
                ),
                name="period_state_of_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="assessmentperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "month"),
                        ("open_slot__isnull", False),
                        ("state", "open"),
                    ),
                    models.Q(
                        models.Q(("kind", "month"), ("state", "open"), _negated=True),
                        ("open_slot", None),
                    ),
                    _connector="OR",
                ),
                name="period_open_month_has_slot",
            ),
        ),
        migrations.AddConstraint(
            model_name="assessmentperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("publicity_from", None), ("publicity_until", None)),
                    ("publicity_until__gte", models.F("publicity_from")),
                    _connector="OR",
                ),
                name="period_publicity_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="assessmentperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("final_at__isnull", False), ("state", "final")),
                    models.Q(
                        models.Q(("state", "final"), _negated=True), ("final_at", None)
                    ),
                    _connector="OR",
                ),
                name="period_final_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="indicatorscore",
            constraint=models.UniqueConstraint(
                fields=("period", "appointment", "indicator", "revision"),
                name="indicator_score_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="indicatorscore",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__range", (0, 100))),
                name="indicator_score_0_to_100",
            ),
        ),
        migrations.AddConstraint(
            model_name="indicatorscore",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("evidence", ""), _negated=True),
                    models.Q(("evidence_kinds", ""), _negated=True),
                ),
                name="indicator_score_has_evidence",
            ),
        ),
        migrations.AddConstraint(
            model_name="indicatorscore",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_by", None),
                        ("reason", ""),
                        ("replaces", None),
                        ("revision", 1),
                    ),
                    models.Q(
                        ("approved_by__isnull", False),
                        ("replaces__isnull", False),
                        ("revision__gt", 1),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="indicator_score_adjusted_by_two",
            ),
        ),
        migrations.AddConstraint(
            model_name="indicatorscore",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by", None),
                    models.Q(("approved_by", models.F("entered_by")), _negated=True),
                    _connector="OR",
                ),
                name="indicator_score_second_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=models.UniqueConstraint(
                fields=("appointment", "starts_on"), name="leave_once_per_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gt", models.F("starts_on"))),
                name="leave_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="leave",
            constraint=models.CheckConstraint(
                condition=models.Q(("basis", ""), _negated=True), name="leave_has_basis"
            ),
        ),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at", None),
                        ("decided_by", None),
                        ("state", "proposed"),
                    ),
                    models.Q(
                        models.Q(("state", "proposed"), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("decision", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="measure_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("hearing_by", None),
                        ("hearing_on", None),
                        ("hearing_record", ""),
                    ),
                    models.Q(
                        ("hearing_by__isnull", False),
                        ("hearing_on__isnull", False),
                        models.Q(("hearing_record", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="measure_hearing_has_record",
            ),
        ),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("first_at", None), ("first_by", None), ("first_decision", "")
                    ),
                    models.Q(
                        ("first_at__isnull", False),
                        ("first_by__isnull", False),
                        models.Q(("first_decision", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="measure_first_has_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.UniqueConstraint(
                fields=("period", "appointment", "trigger", "kind"),
                name="measure_once_per_trigger",
            ),
        ),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "removal"),
                        ("state__in", ("approved", "carried_out", "expired")),
                        _negated=True,
                    ),
                    models.Q(
                        ("first_by__isnull", False),
                        ("hearing_on__isnull", False),
                        models.Q(("first_by", models.F("decided_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="measure_removal_by_two_after_a_hearing",
            ),
        ),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ("carried_out", "expired")), _negated=True),
                    models.Q(
                        ("carried_out_by__isnull", False),
                        ("carried_out_on__isnull", False),
                        models.Q(("outcome", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="measure_carried_out_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="measure",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ground", ""), _negated=True),
                    models.Q(("basis", ""), _negated=True),
                ),
                name="measure_has_ground",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresheet",
            constraint=models.UniqueConstraint(
                fields=("period", "appointment", "revision"), name="sheet_revision_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresheet",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("replaces", None), ("revision", 1)),
                    models.Q(("replaces__isnull", False), ("revision__gt", 1)),
                    _connector="OR",
                ),
                name="sheet_revision_replaces",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresheet",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("total", None), ("total__range", (0, 100)), _connector="OR"
                ),
                name="sheet_total_0_to_100",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresheet",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("completeness", None),
                    ("completeness__range", (0, 1)),
                    _connector="OR",
                ),
                name="sheet_completeness_0_to_1",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresheet",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("total", None), ("completeness__gt", 0), _connector="OR"
                ),
                name="sheet_total_rests_on_figures",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresheet",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("record", ""), ("reviewed_by", None), ("state", "collecting")
                    ),
                    models.Q(
                        models.Q(("state", "collecting"), _negated=True),
                        models.Q(("record", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="sheet_record_when_settled",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresheet",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "reviewed"), _negated=True),
                    models.Q(
                        ("reviewed_at__isnull", False), ("reviewed_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="sheet_reviewed_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresheet",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "withdrawn"),
                        ("withdrawn_at__isnull", False),
                        ("withdrawn_by__isnull", False),
                        models.Q(("withdrawn_because", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "withdrawn"), _negated=True),
                        ("withdrawn_at", None),
                        ("withdrawn_by", None),
                    ),
                    _connector="OR",
                ),
                name="sheet_withdrawn_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="measureground",
            constraint=models.UniqueConstraint(
                fields=("measure", "sheet"), name="measure_ground_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprank",
            constraint=models.CheckConstraint(
                condition=models.Q(("rank__gte", 1), ("rank__lte", models.F("of"))),
                name="group_rank_in_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="grouprank",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_last", False),
                    models.Q(("rank", models.F("of")), ("tie", False)),
                    _connector="OR",
                ),
                name="group_rank_last_is_alone",
            ),
        ),
        migrations.AddConstraint(
            model_name="grade",
            constraint=models.CheckConstraint(
                condition=models.Q(("places__lte", models.F("of"))),
                name="grade_places_within_group",
            ),
        ),
        migrations.AddConstraint(
            model_name="grade",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_moved", False), ("grade", "fairly_good"), _connector="OR"
                ),
                name="grade_moved_is_fairly_good",
            ),
        ),
        migrations.AddConstraint(
            model_name="colorwarning",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at", None),
                        ("decided_by", None),
                        ("state", "proposed"),
                    ),
                    models.Q(
                        models.Q(("state", "proposed"), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("decision", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="colorwarning_decided_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="colorwarning",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("hearing_by", None),
                        ("hearing_on", None),
                        ("hearing_record", ""),
                    ),
                    models.Q(
                        ("hearing_by__isnull", False),
                        ("hearing_on__isnull", False),
                        models.Q(("hearing_record", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="colorwarning_hearing_has_record",
            ),
        ),
        migrations.AddConstraint(
            model_name="colorwarning",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("first_at", None), ("first_by", None), ("first_decision", "")
                    ),
                    models.Q(
                        ("first_at__isnull", False),
                        ("first_by__isnull", False),
                        models.Q(("first_decision", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="colorwarning_first_has_words",
            ),
        ),
        migrations.AddConstraint(
            model_name="colorwarning",
            constraint=models.UniqueConstraint(
                fields=("period", "appointment"), name="warning_once_per_quarter"
            ),
        ),
        migrations.AddConstraint(
            model_name="colorwarning",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("color", "red"),
                        ("state__in", ("decided", "lifted")),
                        _negated=True,
                    ),
                    models.Q(
                        ("first_by__isnull", False),
                        ("hearing_on__isnull", False),
                        models.Q(("first_by", models.F("decided_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="warning_red_by_two_after_a_hearing",
            ),
        ),
        migrations.AddConstraint(
            model_name="colorwarning",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("lifted_at__isnull", False),
                        ("state", "lifted"),
                        models.Q(("lifted_because", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("state", "lifted"), _negated=True),
                        ("lifted_at", None),
                    ),
                    _connector="OR",
                ),
                name="warning_lifted_with_reason",
            ),
        ),
    ]
