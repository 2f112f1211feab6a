"""The settings of the house with one address more."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.submit_urls"
