from django.urls import path

from evaluations import converters
from evaluations import own_views as views

converters.register()

app_name = "own"
urlpatterns = [
    path("", views.result_list, name="result-list"),
    path("<int:appointment>/<month:month>/", views.result_detail, name="result-detail"),
    path(
        "<int:appointment>/<month:month>/calculation/",
        views.result_calculation,
        name="result-calculation",
    ),
    path(
        "<int:appointment>/<month:month>/seen/", views.result_seen, name="result-seen"
    ),
    path(
        "<int:appointment>/<month:month>/reply/",
        views.result_reply,
        name="result-reply",
    ),
]
