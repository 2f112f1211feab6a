"""How a real installation gets its first people and its first texts."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import RoleGrant, User
from audit.models import AuditEvent
from ballots.models import PromiseText
from evaluations.models import AssessmentScheme
from surveys.models import Questionnaire

STAFF = ("create_staff", "song", "--name", "宋", "--role", "department_clerk")


def test_first_account_can_sign_in(
    db: None, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command(*STAFF, "--scope", "120101")
    username, password = capsys.readouterr().out.split()[:2]
    typed = {"username": username, "password": password}
    answer = client.post(reverse("accounts:sign-in"), typed, follow=True)
    assert answer.redirect_chain[-1] == (reverse("accounts:factor-set-up"), 302)
    assert list(RoleGrant.objects.values_list("role", "scope")) == [
        ("department_clerk", "120101")
    ]
    assert list(AuditEvent.objects.values_list("verb", flat=True)) == [
        "user.created",
        "role.granted",
        "user.signed_in",
    ]
    with pytest.raises(CommandError, match="song"):
        call_command(*STAFF, "--scope", "120101")


def test_account_with_a_wrong_scope_is_not_half_made(db: None) -> None:
    with pytest.raises(CommandError, match="区划代码"):
        call_command(*STAFF, "--scope", "12010")
    assert (User.objects.count(), AuditEvent.objects.count()) == (0, 0)


def test_defaults_are_loaded_once(db: None) -> None:
    call_command("load_defaults")
    call_command("load_defaults")
    counts = [
        model.objects.count()
        for model in (PromiseText, Questionnaire, AssessmentScheme)
    ]
    assert counts == [2, 1, 1]
