from django.urls import path

from officials import link_views as views

app_name = "links"
urlpatterns = [
    path("<int:pk>/", views.link_detail, name="link-detail"),
    path("<int:pk>/link/", views.link_make, name="link-make"),
    path("<int:pk>/unlink/", views.link_end, name="link-end"),
]
