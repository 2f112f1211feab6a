from django.urls import path

from evaluations import appeal_views as views
from evaluations import converters

converters.register()

app_name = "appeals"
urlpatterns = [
    path("", views.appeal_list, name="appeal-list"),
    path("new/<int:appointment>/<month:month>/", views.appeal_file, name="appeal-file"),
    path("<int:pk>/", views.appeal_detail, name="appeal-detail"),
    path("<int:pk>/accept/", views.appeal_accept, name="appeal-accept"),
    path("<int:pk>/decide/", views.appeal_decide, name="appeal-decide"),
    path("<int:pk>/annul/", views.set_aside_propose, name="set-aside-propose"),
    path("set-asides/<int:pk>/", views.set_aside_detail, name="set-aside-detail"),
    path(
        "set-asides/<int:pk>/countersign/",
        views.set_aside_countersign,
        name="set-aside-countersign",
    ),
    path(
        "set-asides/<int:pk>/decline/",
        views.set_aside_decline,
        name="set-aside-decline",
    ),
]
