"""New passwords for the demo accounts, shown once: only hashes are stored."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.actions import set_password
from accounts.models import User
from accounts.passwords import first_password
from audit.actions import SYSTEM
from demo.people import STAFF


class Command(BaseCommand):
    help = "给演示账号换新密码并显示一次。"

    def handle(self, *args: Any, **options: Any) -> None:
        users = {
            user.username: user
            for user in User.objects.filter(username__in=[row[0] for row in STAFF])
        }
        if len(users) != len(STAFF):
            message = "这里没有演示账号。"
            raise CommandError(message, returncode=1)
        for username, name, _role, _scope in STAFF:
            password = first_password()
            set_password(
                user=users[username],
                password=password,
                by=SYSTEM,
                at=timezone.now(),
                must_change=False,
            )
            self.stdout.write(f"  {username:<9} {password}  {name}")
