from django.urls import include, path

from evaluations import (
    calculation_views,
    converters,
    export_views,
    group_views,
    month_views,
    overview_views,
    pdf_views,
    publication_views,
    rating_views,
    round_views,
    views,
)

converters.register()

app_name = "evaluations"
urlpatterns = [
    path("", overview_views.home, name="home"),
    path("months/", views.month_list, name="month-list"),
    path(
        "districts/<str:code>/",
        overview_views.district_overview,
        name="district-overview",
    ),
    path("years/", include("evaluations.star_urls")),
    path("quarters/", include("evaluations.quarter_urls")),
    path("", include("evaluations.queue_urls")),
    path("rounds/prepare/", round_views.round_prepare, name="round-prepare"),
    path("<str:code>/<month:month>/", month_views.month_detail, name="month-detail"),
    path(
        "<str:code>/<month:month>/review/",
        month_views.month_review,
        name="month-review",
    ),
    path(
        "<str:code>/<month:month>/reviews/",
        month_views.rating_review,
        name="rating-review",
    ),
    path(
        "<str:code>/<month:month>/preview/",
        month_views.month_preview,
        name="month-preview",
    ),
    path(
        "<str:code>/<month:month>/publication/",
        publication_views.publication_prepare,
        name="publication-prepare",
    ),
    path(
        "<str:code>/<month:month>/notice/",
        publication_views.notice_start,
        name="notice-start",
    ),
    path(
        "<str:code>/<month:month>/publish/",
        publication_views.publication_publish,
        name="publication-publish",
    ),
    path(
        "publications/<int:pk>/withdraw/",
        publication_views.publication_withdraw,
        name="publication-withdraw",
    ),
    path(
        "withdrawals/<int:pk>/",
        publication_views.withdrawal_detail,
        name="withdrawal-detail",
    ),
    path(
        "withdrawals/<int:pk>/agree/",
        publication_views.withdrawal_agree,
        name="withdrawal-agree",
    ),
    path(
        "withdrawals/<int:pk>/decline/",
        publication_views.withdrawal_decline,
        name="withdrawal-decline",
    ),
    path(
        "groups/<int:pk>/<month:month>/ranking.pdf",
        pdf_views.ranking_paper,
        name="ranking-paper",
    ),
    path(
        "appointments/<int:pk>/<month:month>/portrait.pdf",
        pdf_views.portrait_paper,
        name="portrait-paper",
    ),
    path(
        "notices/<int:pk>/notice.pdf",
        pdf_views.notice_paper,
        name="notice-paper",
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
        "appointments/<int:pk>/<month:month>/portrait/",
        rating_views.rating_portrait,
        name="rating-portrait",
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
    path("<str:code>/export/", export_views.figures_export, name="figures-export"),
    path("exports/<uuid:pk>/", export_views.export_detail, name="export-detail"),
    path(
        "exports/<uuid:pk>/download/",
        export_views.export_download,
        name="export-download",
    ),
    path("ratings/<int:pk>/return/", rating_views.rating_return, name="rating-return"),
]
