from django.urls import path

from accounts import (
    account_views,
    approval_views,
    factor_views,
    grant_views,
    password_views,
    trail_views,
    views,
)

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
    path("trail/verify/", trail_views.trail_verify, name="trail-verify"),
    path("trail/export/", trail_views.trail_export, name="trail-export"),
    path("trail/<int:seq>/", trail_views.trail_event, name="trail-event"),
    path("accounts/", account_views.account_list, name="account-list"),
    path("accounts/add/", account_views.account_add, name="account-add"),
    path("accounts/<int:pk>/", account_views.account_detail, name="account-detail"),
    path(
        "accounts/<int:pk>/rename/",
        account_views.account_rename,
        name="account-rename",
    ),
    path(
        "accounts/<int:pk>/deactivate/",
        account_views.account_deactivate,
        name="account-deactivate",
    ),
    path(
        "accounts/<int:pk>/activate/",
        account_views.account_activate,
        name="account-activate",
    ),
    path(
        "accounts/<int:pk>/password/",
        account_views.account_password,
        name="account-password",
    ),
    path(
        "accounts/<int:pk>/unlock/",
        account_views.account_unlock,
        name="account-unlock",
    ),
    path("accounts/<int:pk>/lock/", account_views.account_lock, name="account-lock"),
    path(
        "accounts/<int:pk>/factor/",
        account_views.account_factor,
        name="account-factor",
    ),
    path("accounts/<int:pk>/grants/add/", grant_views.grant_add, name="grant-add"),
    path("grants/", grant_views.grant_list, name="grant-list"),
    path("grants/<int:pk>/revoke/", grant_views.grant_revoke, name="grant-revoke"),
    path("approvals/", approval_views.approval_list, name="approval-list"),
    path(
        "approvals/<uuid:pk>/", approval_views.approval_detail, name="approval-detail"
    ),
    path(
        "approvals/<uuid:pk>/approve/",
        approval_views.approval_approve,
        name="approval-approve",
    ),
    path(
        "approvals/<uuid:pk>/decline/",
        approval_views.approval_decline,
        name="approval-decline",
    ),
    path(
        "approvals/<uuid:pk>/withdraw/",
        approval_views.approval_withdraw,
        name="approval-withdraw",
    ),
]
