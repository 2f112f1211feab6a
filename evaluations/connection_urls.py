from django.urls import path

from evaluations import connection_views as views

app_name = "connections"
urlpatterns = [
    path("", views.connection_list, name="connection-list"),
    path("tokens/add/", views.token_add, name="token-add"),
    path("tokens/<uuid:pk>/", views.token_detail, name="token-detail"),
    path("tokens/<uuid:pk>/approve/", views.token_approve, name="token-approve"),
    path("tokens/<uuid:pk>/revoke/", views.token_revoke, name="token-revoke"),
    path("webhooks/add/", views.webhook_add, name="webhook-add"),
    path("webhooks/<uuid:pk>/", views.webhook_detail, name="webhook-detail"),
    path("webhooks/<uuid:pk>/end/", views.webhook_end, name="webhook-end"),
    path("deliveries/<uuid:pk>/resend/", views.delivery_resend, name="delivery-resend"),
]
