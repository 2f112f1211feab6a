"""What the tests of the whole house borrow from the rooms, and its people."""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts import roles
from accounts.actions import create_user
from accounts.models import User
from audit.actions import SYSTEM
from tests.conftest import HEPING
from tests.infra.scope_world import SECOND
from tests.surveys.conftest import (
    approve,
    prepare,
    questionnaire,
    small_district,
    snapshot,
)

__all__ = ["approve", "prepare", "questionnaire", "small_district", "snapshot"]


@pytest.fixture
def staff(
    clerk: User,
    head: User,
    street_admin: User,
    approver: User,
    make_staff: Callable[..., User],
) -> dict[str, User]:
    """Who makes the world; `second` has an account and no role."""
    second = create_user(
        username=SECOND,
        name=SECOND,
        password="never typed",
        by=SYSTEM,
        at=timezone.now(),
        must_change=False,
    )
    return {
        "clerk": clerk,
        "head": head,
        "street_admin": street_admin,
        "approver": approver,
        "security": make_staff("security", roles.SECURITY_ADMINISTRATOR, HEPING),
        SECOND: second,
    }
