import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_every_model_change_has_its_migration() -> None:
    """Exit code 1, and so SystemExit, when one is missing."""
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
