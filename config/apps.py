from django.apps import AppConfig

# Importing registers them.
from config import checks as checks


class HouseConfig(AppConfig):
    """No tables: it brings the checks that Django runs before anything else."""

    name = "config"
    label = "house"
