from django.urls import path

from evaluations import calculation_views, converters, public_views

converters.register()

app_name = "results"
urlpatterns = [
    path("", public_views.index, name="index"),
    path("<str:code>/", public_views.community_detail, name="community-detail"),
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
