"""Every job that runs by the clock, and nothing else (architecture, section 5).

A job asks the database what is due and claims it, so any of them may run twice, late
or beside itself.
"""

from celery.schedules import crontab

SCHEDULE = {
    "look after jobs": {
        "task": "jobs.look_after",
        "schedule": crontab(),
    },
    "read waiting rosters": {
        "task": "residents.parse_waiting",
        "schedule": crontab(),
    },
    "open due rounds": {
        "task": "surveys.open_due_rounds",
        "schedule": crontab(minute="*/10"),
    },
    "close due rounds": {
        "task": "surveys.close_due_rounds",
        "schedule": crontab(minute="*/5"),
    },
    "open due boxes": {
        "task": "surveys.open_due_boxes",
        "schedule": crontab(minute="*/5"),
    },
    "finish opened boxes": {
        "task": "surveys.finish_opened_boxes",
        "schedule": crontab(minute="*/5"),
    },
    "release reserve": {
        "task": "surveys.release_reserve",
        "schedule": crontab(hour=6, minute=10),
    },
    "roll up due months": {
        "task": "evaluations.roll_up_due",
        "schedule": crontab(minute="*/5"),
    },
    "try drafts of schemes": {
        "task": "evaluations.dry_run_asked",
        "schedule": crontab(minute="*/5"),
    },
    "write asked exports": {
        "task": "evaluations.exports_asked",
        "schedule": crontab(minute="*/5"),
    },
    "purge exports": {
        "task": "evaluations.purge_exports",
        "schedule": crontab(minute=25),
    },
    "send messages of publications": {
        "task": "evaluations.send_messages",
        "schedule": crontab(),
    },
    "keep up assessment": {
        "task": "evaluations.keep_up_assessment",
        "schedule": crontab(hour=0, minute=10),
    },
    "sign a checkpoint": {
        "task": "ballots.issue_checkpoint",
        "schedule": crontab(hour=2, minute=0),
    },
    "verify the trail": {
        "task": "ballots.verify_trail",
        "schedule": crontab(hour=2, minute=10),
    },
    "purge imports": {
        "task": "residents.purge_imports",
        "schedule": crontab(hour=3, minute=20),
    },
    "purge rounds": {
        "task": "surveys.purge_rounds",
        "schedule": crontab(hour=3, minute=30),
    },
    "purge jobs": {
        "task": "jobs.purge",
        "schedule": crontab(hour=3, minute=40),
    },
    "tidy accounts": {
        "task": "accounts.tidy",
        "schedule": crontab(hour=3, minute=50),
    },
}
