"""Pages of the household roster."""

from django.urls import path

from residents import report_views, views

app_name = "residents"
urlpatterns = [
    path("", views.import_list, name="import-list"),
    path("upload/", views.import_upload, name="import-upload"),
    path("snapshots/", views.snapshot_list, name="snapshot-list"),
    path("snapshots/take/", views.snapshot_take, name="snapshot-take"),
    path("<uuid:pk>/", views.import_detail, name="import-detail"),
    path("<uuid:pk>/changes/", views.change_list, name="change-list"),
    path("<uuid:pk>/rows/", views.row_list, name="row-list"),
    path("<uuid:pk>/rows/reveal/", views.row_reveal, name="row-reveal"),
    path("<uuid:pk>/confirm/", views.import_confirm, name="import-confirm"),
    path("<uuid:pk>/preview/", views.import_renew, name="import-renew"),
    path("<uuid:pk>/report/", report_views.import_report, name="import-report"),
    path("<uuid:pk>/undo/", views.import_undo, name="import-undo"),
    path("<uuid:pk>/cancel/", views.import_cancel, name="import-cancel"),
]
