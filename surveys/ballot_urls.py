"""Addresses of the residents' pages, at the root of the site."""

from django.urls import path

from surveys import ballot_reports as reports
from surveys import ballot_side_views as side_views
from surveys import ballot_views as views

app_name = "ballot"
urlpatterns = [
    path("", views.code_enter, name="code"),
    path("ballot/", views.ballot_fill, name="fill"),
    path("ballot/redraw/", views.ballot_redraw, name="redraw"),
    path("ballot/review/", views.ballot_review, name="review"),
    path("ballot/seal/", views.ballot_seal, name="seal"),
    path("ballot/recall/", views.ballot_recall, name="recall"),
    path("ballot/receipt/", side_views.receipt_show, name="receipt-show"),
    path("receipt/", side_views.receipt_look_up, name="receipt-look-up"),
    path("report/", reports.report_add, name="report"),
    path("report/sent/", reports.report_sent, name="report-sent"),
    path("display/", side_views.display_change, name="display"),
    path("notice/", side_views.notice_show, name="notice"),
    path("help/", side_views.help_show, name="help"),
    path("favicon.ico", side_views.favicon, name="favicon"),
]
