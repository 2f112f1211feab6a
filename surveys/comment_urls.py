from django.urls import path

from surveys import comment_views as views

app_name = "comments"
urlpatterns = [
    path("", views.pile_list, name="pile-list"),
    path("<uuid:pk>/", views.comment_detail, name="comment-detail"),
    path("<uuid:pk>/mark/", views.comment_mark, name="comment-mark"),
    path("<uuid:pk>/review/", views.comment_review, name="comment-review"),
    path("<str:code>/<str:place>/", views.pile_detail, name="pile-detail"),
    path("<str:code>/<str:place>/open/", views.pile_open, name="pile-open"),
]
