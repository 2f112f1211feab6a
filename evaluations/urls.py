from django.urls import include, path

from evaluations import (
    calculation_views,
    converters,
    group_views,
    rating_views,
    round_views,
    views,
)

converters.register()

app_name = "evaluations"
urlpatterns = [
    path("", views.month_list, name="month-list"),
    path("years/", include("evaluations.star_urls")),
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
    path(
        "groups/<int:pk>/<month:month>/",
        group_views.ranking_list,
        name="ranking-list",
    ),
    path(
        "groups/<int:pk>/<month:month>/compare/",
        group_views.group_compare,
        name="group-compare",
    ),
    path(
        "appointments/<int:pk>/<month:month>/",
        rating_views.rating_detail,
        name="rating-detail",
    ),
    path(
        "appointments/<int:pk>/<month:month>/calculation/",
        calculation_views.rating_calculation,
        name="rating-calculation",
    ),
    path(
        "appointments/<int:pk>/<month:month>/calculation.json",
        calculation_views.rating_calculation_file,
        name="rating-calculation-file",
    ),
    path("ratings/<int:pk>/return/", rating_views.rating_return, name="rating-return"),
]
