"""desk/ratings/quarters/: regular assessment, from the month to the measure."""

from django.urls import path

from evaluations import measure_views, quarter_views, sheet_views

urlpatterns = [
    path("", quarter_views.period_list, name="period-list"),
    path("<int:pk>/", quarter_views.period_detail, name="period-detail"),
    path(
        "<int:pk>/groups/<int:group>/", quarter_views.period_group, name="period-group"
    ),
    path("<int:pk>/district/", quarter_views.period_district, name="period-district"),
    path("<int:pk>/close/", quarter_views.month_close, name="month-close"),
    path("<int:pk>/review/", quarter_views.sheets_review, name="sheets-review"),
    path("<int:pk>/rank/", quarter_views.quarter_rank, name="quarter-rank"),
    path(
        "<int:pk>/publicity/", quarter_views.quarter_publicity, name="quarter-publicity"
    ),
    path("<int:pk>/final/", quarter_views.quarter_finalise, name="quarter-finalise"),
    path("<int:pk>/colors/", quarter_views.colors_propose, name="colors-propose"),
    path("<int:pk>/year/", quarter_views.year_compose, name="year-compose"),
    path("sheets/<int:pk>/", sheet_views.sheet_detail, name="sheet-detail"),
    path("sheets/<int:pk>/enter/", sheet_views.score_enter, name="score-enter"),
    path(
        "sheets/<int:pk>/scores/<int:score>/adjust/",
        sheet_views.score_adjust,
        name="score-adjust",
    ),
    path("sheets/<int:pk>/leave/", sheet_views.leave_record, name="leave-record"),
    path(
        "sheets/<int:pk>/withdraw/",
        sheet_views.quarter_withdraw,
        name="quarter-withdraw",
    ),
    path(
        "adjustments/<uuid:pk>/",
        sheet_views.adjustment_detail,
        name="adjustment-detail",
    ),
    path(
        "adjustments/<uuid:pk>/approve/",
        sheet_views.adjustment_approve,
        name="adjustment-approve",
    ),
    path(
        "adjustments/<uuid:pk>/decline/",
        sheet_views.adjustment_decline,
        name="adjustment-decline",
    ),
    path("measures/", measure_views.measure_list, name="measure-list"),
    path("warnings/<int:pk>/", measure_views.warning_detail, name="warning-detail"),
    path("warnings/<int:pk>/hear/", measure_views.warning_hear, name="warning-hear"),
    path(
        "warnings/<int:pk>/decide/", measure_views.warning_decide, name="warning-decide"
    ),
    path("warnings/<int:pk>/drop/", measure_views.warning_drop, name="warning-drop"),
    path("measures/<int:pk>/", measure_views.measure_detail, name="measure-detail"),
    path("measures/<int:pk>/hear/", measure_views.measure_hear, name="measure-hear"),
    path(
        "measures/<int:pk>/decide/", measure_views.measure_decide, name="measure-decide"
    ),
    path("measures/<int:pk>/drop/", measure_views.measure_drop, name="measure-drop"),
    path("measures/<int:pk>/add/", measure_views.measure_add, name="measure-add"),
    path(
        "measures/<int:pk>/carry-out/",
        measure_views.measure_carry_out,
        name="measure-carry-out",
    ),
]
