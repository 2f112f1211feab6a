from django.urls import path

from accounts import factor_views, password_views, trail_views, views

app_name = "accounts"
urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("security/", factor_views.factor_detail, name="factor-detail"),
    path("security/set-up/", factor_views.factor_set_up, name="factor-set-up"),
    path("security/confirm/", factor_views.factor_confirm, name="factor-confirm"),
    path("security/replace/", factor_views.factor_replace, name="factor-replace"),
    path("security/codes/", factor_views.codes_renew, name="codes-renew"),
    path("security/password/", password_views.password_change, name="password-change"),
    path("trail/", trail_views.trail, name="trail"),
]
