from django.urls import path

from surveys import box_views, report_views, slip_views, views

app_name = "surveys"
urlpatterns = [
    path("", views.round_list, name="round-list"),
    path("acts/<uuid:pk>/agree/", views.act_agree, name="act-agree"),
    path("acts/<uuid:pk>/withdraw/", views.act_withdraw, name="act-withdraw"),
    path("acts/<uuid:pk>/print/", slip_views.act_print, name="act-print"),
    path("batches/<uuid:pk>/reissue/", slip_views.batch_reissue, name="batch-reissue"),
    path("households/<uuid:pk>/", slip_views.household_detail, name="household-detail"),
    path(
        "households/<uuid:pk>/void/", slip_views.household_void, name="household-void"
    ),
    path(
        "households/<uuid:pk>/reissue/",
        slip_views.household_reissue,
        name="household-reissue",
    ),
    path("reports/", report_views.report_list, name="report-list"),
    path("reports/<str:code>/", report_views.report_read, name="report-read"),
    path("<str:code>/", views.round_detail, name="round-detail"),
    path("<str:code>/approve/", views.round_approve, name="round-approve"),
    path("<str:code>/propose/", views.round_propose, name="round-propose"),
    path("<str:code>/recuse/", views.round_recuse, name="round-recuse"),
    path("<str:code>/open/", views.round_open, name="round-open"),
    path("<str:code>/close/", views.round_close, name="round-close"),
    path("<str:code>/deadline/", box_views.round_deadline, name="round-deadline"),
    path("<str:code>/turnout/", box_views.round_turnout, name="round-turnout"),
    path("<str:code>/box/", views.round_open_box, name="round-open-box"),
    path(
        "<str:code>/box/accept-invalid/",
        views.round_accept_invalid,
        name="round-accept-invalid",
    ),
    path(
        "<str:code>/box/list-tampered/",
        box_views.round_list_tampered,
        name="round-list-tampered",
    ),
    path("<str:code>/seed/", views.round_seed, name="round-seed"),
    path("<str:code>/annul/", views.round_annul, name="round-annul"),
    path("<str:code>/slips/", slip_views.slip_list, name="slip-list"),
    path("<str:code>/slips/print/", slip_views.slip_print, name="slip-print"),
    path("<str:code>/slips/find/", slip_views.slip_find, name="slip-find"),
]
