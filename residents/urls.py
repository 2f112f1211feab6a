"""Pages of the household roster."""

from django.urls import path

from residents import (
    correction_views,
    mapping_views,
    report_views,
    request_views,
    review_views,
    views,
)

app_name = "residents"
urlpatterns = [
    path("", views.import_list, name="import-list"),
    path("upload/", views.import_upload, name="import-upload"),
    path("snapshots/", views.snapshot_list, name="snapshot-list"),
    path("snapshots/take/", views.snapshot_take, name="snapshot-take"),
    path("requests/", request_views.request_list, name="request-list"),
    path("requests/find/", request_views.request_find, name="request-find"),
    path("requests/of/<uuid:pk>/", request_views.request_add, name="request-add"),
    path(
        "requests/of/<uuid:pk>/form/", request_views.request_print, name="request-print"
    ),
    path("requests/<uuid:pk>/", request_views.request_detail, name="request-detail"),
    path("requests/<uuid:pk>/view/", request_views.request_view, name="request-view"),
    path(
        "requests/<uuid:pk>/correct/",
        request_views.request_correct,
        name="request-correct",
    ),
    path(
        "requests/<uuid:pk>/erase/", request_views.request_erase, name="request-erase"
    ),
    path(
        "requests/<uuid:pk>/refuse/",
        request_views.request_refuse,
        name="request-refuse",
    ),
    path(
        "requests/<uuid:pk>/reply/", request_views.request_reply, name="request-reply"
    ),
    path("corrections/", correction_views.correction_list, name="correction-list"),
    path(
        "corrections/<uuid:pk>/",
        correction_views.correction_detail,
        name="correction-detail",
    ),
    path(
        "corrections/<uuid:pk>/reveal/",
        correction_views.correction_reveal,
        name="correction-reveal",
    ),
    path(
        "corrections/<uuid:pk>/confirm/",
        correction_views.correction_confirm,
        name="correction-confirm",
    ),
    path(
        "corrections/<uuid:pk>/reject/",
        correction_views.correction_reject,
        name="correction-reject",
    ),
    path(
        "corrections/<uuid:pk>/withdraw/",
        correction_views.correction_withdraw,
        name="correction-withdraw",
    ),
    path("exports/", report_views.export_list, name="export-list"),
    path("exports/<uuid:pk>/", report_views.export_detail, name="export-detail"),
    path(
        "exports/<uuid:pk>/release/",
        report_views.export_release,
        name="export-release",
    ),
    path("exports/<uuid:pk>/refuse/", report_views.export_refuse, name="export-refuse"),
    path(
        "exports/<uuid:pk>/download/",
        report_views.export_download,
        name="export-download",
    ),
    path(
        "dwellings/suspended/",
        review_views.dwelling_list,
        name="dwelling-list",
    ),
    path("dwellings/<uuid:pk>/", review_views.dwelling_detail, name="dwelling-detail"),
    path(
        "dwellings/<uuid:pk>/resume/",
        review_views.dwelling_resume,
        name="dwelling-resume",
    ),
    path("review/", review_views.review_list, name="review-list"),
    path("review/<uuid:pk>/", review_views.review_detail, name="review-detail"),
    path("review/<uuid:pk>/reveal/", review_views.review_reveal, name="review-reveal"),
    path("review/<uuid:pk>/keep/", review_views.review_keep, name="review-keep"),
    path(
        "review/<uuid:pk>/correct/", review_views.review_correct, name="review-correct"
    ),
    path(
        "review/<uuid:pk>/moved-away/",
        review_views.review_moved_away,
        name="review-moved-away",
    ),
    path(
        "review/<uuid:pk>/suspend/", review_views.review_suspend, name="review-suspend"
    ),
    path("<uuid:pk>/", views.import_detail, name="import-detail"),
    path("<uuid:pk>/changes/", views.change_list, name="change-list"),
    path("<uuid:pk>/rows/", views.row_list, name="row-list"),
    path("<uuid:pk>/rows/reveal/", views.row_reveal, name="row-reveal"),
    path("<uuid:pk>/confirm/", views.import_confirm, name="import-confirm"),
    path("<uuid:pk>/preview/", views.import_renew, name="import-renew"),
    path("<uuid:pk>/columns/", mapping_views.import_columns, name="import-columns"),
    path(
        "<uuid:pk>/columns/forget/",
        mapping_views.import_forget_columns,
        name="import-forget-columns",
    ),
    path("<uuid:pk>/report/", report_views.import_report, name="import-report"),
    path("<uuid:pk>/undo/", views.import_undo, name="import-undo"),
    path("<uuid:pk>/cancel/", views.import_cancel, name="import-cancel"),
]
