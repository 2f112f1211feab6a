"""Below the month of a district, in the name space of the ratings."""

from django.urls import path

from evaluations import converters, queue_views

converters.register()

urlpatterns = [
    path("<str:code>/<month:month>/queue/", queue_views.queue_start, name="queue"),
    path(
        "<str:code>/<month:month>/queue/<int:pk>/",
        queue_views.queue_detail,
        name="queue-detail",
    ),
    path(
        "<str:code>/<month:month>/queue/<int:pk>/review/",
        queue_views.queue_review,
        name="queue-review",
    ),
    path(
        "<str:code>/<month:month>/queue/<int:pk>/return/",
        queue_views.queue_return,
        name="queue-return",
    ),
]
