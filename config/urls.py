"""Residents at the root, published results beside them, staff under /desk/."""

from django.urls import include, path

urlpatterns = [
    path("", include("surveys.ballot_urls")),
    path("results/", include("evaluations.public_urls")),
    path("audit/", include("audit.urls")),
    path("desk/", include("accounts.urls")),
    path("desk/rosters/", include("residents.urls")),
    path("desk/rounds/", include("surveys.urls")),
    path("desk/comments/", include("surveys.comment_urls")),
    path("desk/own/", include("evaluations.own_urls")),
    path("desk/officials/accounts/", include("officials.link_urls")),
    path("desk/ratings/", include("evaluations.urls")),
    path("desk/appeals/", include("evaluations.appeal_urls")),
    path("desk/workdays/", include("officials.workday_urls")),
    path("desk/schemes/", include("evaluations.scheme_urls")),
    path("desk/api/", include("evaluations.connection_urls")),
    path("desk/jobs/", include("jobs.urls")),
    path("api/v1/", include("evaluations.api.urls")),
    path("i18n/", include("config.language_urls")),
]
