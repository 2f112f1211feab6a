"""The Celery application: JSON messages that carry ids only (T63)."""

import os

from celery import Celery
from django.conf import settings

from config.schedule import SCHEDULE

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Every task, of whatever room, is entered in the ledger of jobs.
app = Celery("minping", task_cls="jobs.recording:RecordedTask")
app.conf.update(
    broker_url=settings.CELERY_REDIS_URL,
    result_backend=None,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    timezone=settings.TIME_ZONE,
    beat_schedule=SCHEDULE,
    beat_scheduler="jobs.signs:SignedScheduler",
    task_default_queue="celery",
    task_routes={
        "surveys.open_due_box": {"queue": "ballots"},
        "surveys.close_due_rounds": {"queue": "ballots"},
        "surveys.open_due_boxes": {"queue": "ballots"},
        # A message must not wait behind the roll-up of a whole city.
        "evaluations.send_messages": {"queue": "celery"},
        # Somebody looks at a progress bar: not behind a roll-up either.
        "evaluations.write_export": {"queue": "exports"},
        "evaluations.*": {"queue": "rollup"},
        "residents.*": {"queue": "imports"},
    },
    # A killed worker's job is found again by the schedule, because the database says
    # what is due; redelivery only makes it sooner. Every task is harmless twice.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_transport_options={
        "visibility_timeout": 3600,
        "unacked_restore_interval": 3,
        "unacked_restore_throttle": 1,
    },
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)
app.steps["worker"].add("jobs.signs:WorkerStep")
app.autodiscover_tasks()
