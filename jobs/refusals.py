"""Refusals in the words of the desk."""

from django.utils.translation import gettext as _

from jobs.actions import RetryRefused, StillRunning


def told(error: RetryRefused) -> str:
    if isinstance(error, StillRunning):
        return _("这件事正在运行，不用重试。")
    return _("这件事已经做完，或者不再需要做，不用重试。")
