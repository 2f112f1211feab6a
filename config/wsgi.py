"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from config.celery import app as celery_app

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Views send jobs: without the application they would go to a broker nobody listens to.
__all__ = ["application", "celery_app"]
