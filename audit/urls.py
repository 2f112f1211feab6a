from django.urls import path

from audit import views

app_name = "audit"
urlpatterns = [
    path("checkpoints/", views.checkpoint_list, name="checkpoint-list"),
    path("checkpoints.json", views.checkpoint_file, name="checkpoint-file"),
]
