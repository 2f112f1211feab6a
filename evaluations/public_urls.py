from django.urls import path

from evaluations import (
    badge_views,
    calculation_views,
    converters,
    public_views,
    version_views,
)

converters.register()

app_name = "results"
urlpatterns = [
    path("", public_views.index, name="index"),
    path("notices/<int:pk>/", version_views.notice_detail, name="notice-detail"),
    path(
        "<str:code>/<month:month>/versions/<int:number>/",
        version_views.version_detail,
        name="version-detail",
    ),
    path("<str:code>/", public_views.community_detail, name="community-detail"),
    path("<str:code>/badge.svg", badge_views.community_badge, name="community-badge"),
    path("<str:code>/years/<int:year>/", public_views.year_detail, name="year-detail"),
    path("<str:code>/<month:month>/", public_views.month_detail, name="month-detail"),
    path(
        "<str:code>/<month:month>/<int:revision>/",
        public_views.revision_detail,
        name="revision-detail",
    ),
    path(
        "<str:code>/<month:month>/calculation/",
        calculation_views.community_calculation,
        name="community-calculation",
    ),
    path(
        "<str:code>/<month:month>/calculation.json",
        calculation_views.community_calculation_file,
        name="community-calculation-file",
    ),
]
