"""评星定级 of a year, below desk/ratings/years/."""

from django.urls import path

from evaluations import star_views

urlpatterns = [
    path("", star_views.year_list, name="year-list"),
    path("<str:code>/<int:year>/", star_views.year_detail, name="year-detail"),
    path(
        "<str:code>/<int:year>/propose/", star_views.year_propose, name="year-propose"
    ),
    path("<str:code>/<int:year>/decide/", star_views.year_decide, name="year-decide"),
    path(
        "<str:code>/<int:year>/publish/", star_views.year_publish, name="year-publish"
    ),
    path("stars/<int:pk>/decline/", star_views.star_decline, name="star-decline"),
    path("appointments/<int:pk>/<int:year>/", star_views.year_sheet, name="year-sheet"),
]
