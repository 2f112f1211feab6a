"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# All addresses and views now, in the parent of the web processes: what they share is
# made before they fork, and the first resident does not wait for it.
get_resolver().url_patterns  # noqa: B018
# Views send jobs: without the application they would go to a broker nobody listens to.
__all__ = ["application", "celery_app"]
