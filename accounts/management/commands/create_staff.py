"""Make a staff account with one role: how the first administrators get in."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.actions import create_user, grant_role
from accounts.models import User
from accounts.passwords import first_password
from accounts.roles import ROLES
from audit.actions import SYSTEM


class Command(BaseCommand):
    help = "开设一个工作人员账号并授予一个角色；首次密码只显示这一次。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="姓名")
        parser.add_argument("--role", required=True, choices=sorted(ROLES))
        parser.add_argument("--scope", required=True, help="区划代码，例如 120101")

    def handle(self, *args: Any, **options: Any) -> None:
        username, now = options["username"], timezone.now()
        if User.objects.filter(username=username).exists():
            message = f"账号 {username} 已经有了。"
            raise CommandError(message, returncode=1)
        password = first_password()
        try:
            with transaction.atomic():
                user = create_user(
                    username=username,
                    name=options["name"],
                    password=password,
                    by=SYSTEM,
                    at=now,
                )
                grant_role(
                    user=user,
                    role=ROLES[options["role"]],
                    scope=options["scope"],
                    starts_on=timezone.localdate(now),
                    by=SYSTEM,
                    at=now,
                )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=1) from error
        self.stdout.write(f"{username}  {password}")
        self.stdout.write(
            "请当面交给本人。第一次登录时，本人绑定手机验证器，再换成自己的密码。"
        )
