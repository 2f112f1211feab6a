from django.urls import path, register_converter

from evaluations import round_views, views


class MonthConverter:
    """A month in an address: 2026-10."""

    regex = r"\d{4}-(?:0[1-9]|1[0-2])"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MonthConverter, "month")

app_name = "evaluations"
urlpatterns = [
    path("", views.month_list, name="month-list"),
    path("rounds/prepare/", round_views.round_prepare, name="round-prepare"),
    path("<str:code>/<month:month>/", views.month_detail, name="month-detail"),
    path("<str:code>/<month:month>/review/", views.month_review, name="month-review"),
    path(
        "<str:code>/<month:month>/reviews/", views.rating_review, name="rating-review"
    ),
    path(
        "<str:code>/<month:month>/publication/",
        views.publication_prepare,
        name="publication-prepare",
    ),
    path(
        "<str:code>/<month:month>/publish/",
        views.publication_publish,
        name="publication-publish",
    ),
    path("groups/<int:pk>/<month:month>/", views.ranking_list, name="ranking-list"),
    path(
        "appointments/<int:pk>/<month:month>/",
        views.rating_detail,
        name="rating-detail",
    ),
    path("ratings/<int:pk>/return/", views.rating_return, name="rating-return"),
]
