from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts import trail_views, views

app_name = "accounts"
urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("trail/", trail_views.trail, name="trail"),
]
