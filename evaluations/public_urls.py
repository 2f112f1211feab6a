from django.urls import path

from evaluations import public_views

app_name = "results"
urlpatterns = [
    path("", public_views.index, name="index"),
    path("<str:code>/", public_views.community_detail, name="community-detail"),
]
