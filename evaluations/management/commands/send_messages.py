"""Send messages of publications that are due, as the clock does every minute."""

from typing import Any

from django.core.management.base import BaseCommand

from evaluations.tasks import send_messages


class Command(BaseCommand):
    help = "Send messages of publications that are due."

    def handle(self, *args: Any, **options: Any) -> None:
        send_messages()
