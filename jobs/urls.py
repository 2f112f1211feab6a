from django.urls import path

from jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.run_list, name="run-list"),
    path("<int:pk>/retry/", views.run_retry, name="run-retry"),
]
