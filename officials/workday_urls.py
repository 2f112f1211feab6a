from django.urls import path

from officials import workday_views as views

app_name = "officials"
urlpatterns = [
    path("", views.workday_list, name="workday-list"),
    path("set/", views.workday_set, name="workday-set"),
    path("<int:pk>/clear/", views.workday_clear, name="workday-clear"),
    path("years/<int:year>/enter/", views.workday_year_enter, name="workday-year"),
]
