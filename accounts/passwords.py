"""Rules of passwords (T89): long, mixed, not common, not used before, not for ever."""

import datetime as dt
import secrets
import string

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import PastPassword, User

CLASSES_NEEDED = 3
REMEMBERED = 5
GROUPS, GROUP_LENGTH = 4, 5
# Read from paper without a doubt: no 0 O o 1 l I.
READABLE = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def classes_of(password: str) -> int:
    """How many of the four: lower case, upper case, digits, and everything else."""
    tests = (str.islower, str.isupper, str.isdecimal)
    found = {
        next((number for number, test in enumerate(tests) if test(sign)), len(tests))
        for sign in password
    }
    return len(found)


class ClassesValidator:
    """Three of four classes."""

    def validate(self, password: str, user: User | None = None) -> None:
        if classes_of(password) < CLASSES_NEEDED:
            raise ValidationError(self.get_help_text(), code="password_classes")

    def get_help_text(self) -> str:
        return _("小写字母、大写字母、数字、其他符号，四类里至少用三类。")


class WellKnownValidator(CommonPasswordValidator):
    """Not on the list of common passwords, nor one of them with trimmings.

    "Password2026!" has every class and is the first thing that anybody tries.
    """

    trimmings = string.digits + string.punctuation + string.whitespace

    def validate(self, password: str, user: User | None = None) -> None:
        lowered = password.lower().strip()
        if {lowered, lowered.strip(self.trimmings)} & self.passwords:
            raise ValidationError(self.get_error_message(), code="password_too_common")

    def get_error_message(self) -> str:
        return _("这个密码太常见，别人一猜就中。")

    def get_help_text(self) -> str:
        return _("不要用常见的词加几个数字。")


class NotUsedBeforeValidator:
    """None of the last five, the present one included."""

    def validate(self, password: str, user: User | None = None) -> None:
        if user is None or user.pk is None:
            return
        past = user.past_passwords.order_by("-set_at", "-pk")[:REMEMBERED]
        known = {user.password, *(each.password for each in past)}
        if any(check_password(password, encoded) for encoded in known):
            raise ValidationError(
                _("这个密码您最近用过，换一个新的。"), code="password_used_before"
            )

    def get_help_text(self) -> str:
        return _("不能和最近用过的五个密码相同。")


def remember(user: User, *, at: dt.datetime) -> None:
    """Keep the hash of the present password, and of four before it."""
    PastPassword.objects.create(user=user, password=user.password, set_at=at)
    kept = user.past_passwords.order_by("-set_at", "-pk")[:REMEMBERED]
    user.past_passwords.exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()


def is_right(user: User | None, password: str) -> bool:
    """An unknown name costs the same time as a known one (T90)."""
    if user is None:
        make_password(password)
        return False
    return user.check_password(password)


def must_change(user: User, *, at: dt.datetime) -> bool:
    """A first password, given by somebody else, or one older than allowed."""
    until = valid_until(user)
    return user.must_change_password or (until is not None and at >= until)


def valid_until(user: User) -> dt.datetime | None:
    """When the password is to be changed; None when passwords do not grow old here."""
    days = settings.PASSWORD_DAYS
    return user.password_set_at + dt.timedelta(days=days) if days else None


def first_password() -> str:
    """Twenty symbols to hand over on paper, in groups; to be changed at once.

    More than 100 bits, of all four classes: it passes every rule.
    """
    while True:
        groups = [
            "".join(secrets.choice(READABLE) for _ in range(GROUP_LENGTH))
            for _ in range(GROUPS)
        ]
        password = "-".join(groups)
        if classes_of(password) > CLASSES_NEEDED:
            return password
