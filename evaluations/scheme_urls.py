"""Addresses of schemes, their dry runs and the rules they rest on."""

from django.urls import path

from evaluations import (
    scheme_decision_views,
    scheme_edit_views,
    scheme_rules_views,
    scheme_views,
)

app_name = "schemes"
urlpatterns = [
    path("", scheme_views.scheme_list, name="scheme-list"),
    path("rules/", scheme_views.rule_list, name="rule-list"),
    path("rules/add/", scheme_views.rule_add, name="rule-add"),
    path("rules/<int:pk>/repeal/", scheme_views.rule_repeal, name="rule-repeal"),
    path("<int:pk>/", scheme_views.scheme_detail, name="scheme-detail"),
    path(
        "<int:pk>/difference/<int:other>/",
        scheme_views.scheme_difference_page,
        name="scheme-difference",
    ),
    path("<int:pk>/copy/", scheme_edit_views.scheme_copy, name="scheme-copy"),
    path(
        "<int:pk>/about/",
        scheme_edit_views.scheme_describe,
        name="scheme-describe",
    ),
    path(
        "<int:pk>/edit/<slug:theme>/",
        scheme_edit_views.scheme_edit,
        name="scheme-edit",
    ),
    path("<int:pk>/try/", scheme_edit_views.dry_run_ask, name="dry-run-ask"),
    path(
        "tries/<int:pk>/",
        scheme_edit_views.dry_run_detail,
        name="dry-run-detail",
    ),
    path("regular/", scheme_rules_views.rules_add, name="rules-add"),
    path("<int:pk>/limits/", scheme_rules_views.rules_limits, name="rules-limits"),
    path("<int:pk>/colors/", scheme_rules_views.rules_colors, name="rules-colors"),
    path(
        "<int:pk>/indicators/<int:place>/",
        scheme_rules_views.rules_set,
        name="rules-set",
    ),
    path(
        "<int:pk>/indicators/<int:place>/remove/",
        scheme_rules_views.rules_set_remove,
        name="rules-set-remove",
    ),
    path(
        "<int:pk>/propose/",
        scheme_decision_views.scheme_propose,
        name="scheme-propose",
    ),
    path(
        "<int:pk>/approve/",
        scheme_decision_views.scheme_approve,
        name="scheme-approve",
    ),
    path(
        "<int:pk>/decline/",
        scheme_decision_views.scheme_decline,
        name="scheme-decline",
    ),
    path(
        "<int:pk>/withdraw/",
        scheme_decision_views.scheme_withdraw,
        name="scheme-withdraw",
    ),
    path(
        "<int:pk>/retire/",
        scheme_decision_views.scheme_retire,
        name="scheme-retire",
    ),
]
