"""Celery on a machine whose clock is some days ahead: how a test comes to a deadline.

`python -m tests.e2e.celery_ahead DAYS worker …`; 0 days is plain Celery.
"""

import datetime as dt
import sys

import time_machine
from celery.__main__ import main

if __name__ == "__main__":
    days = int(sys.argv.pop(1))
    if days:
        later = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        time_machine.travel(later, tick=True).start()
    main()
