"""Typed readers for the environment: a wrong value stops start-up with a hint."""

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str) -> str:
    return os.environ.get(name, default)


def boolean(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in TRUE:
        return True
    if value.lower() in FALSE:
        return False
    message = f"{name}={value!r}: write 1 or 0."
    raise ImproperlyConfigured(message)


def integer(name: str, *, default: int, lowest: int, highest: int) -> int:
    """A whole number between two bounds, both included."""
    value = os.environ.get(name)
    if value is None:
        return default
    if not value.isdecimal() or not lowest <= int(value) <= highest:
        message = f"{name}={value!r}: write a whole number, {lowest} to {highest}."
        raise ImproperlyConfigured(message)
    return int(value)


def choice(name: str, *, default: str, choices: tuple[str, ...]) -> str:
    """One of a few words."""
    value = os.environ.get(name) or default
    if value not in choices:
        message = f"{name}={value!r}: write one of {', '.join(choices)}."
        raise ImproperlyConfigured(message)
    return value


def words(name: str, *, default: tuple[str, ...]) -> list[str]:
    """A list separated by commas."""
    value = os.environ.get(name)
    if value is None:
        return list(default)
    return [word.strip() for word in value.split(",") if word.strip()]


def folder(name: str, *, default: Path) -> Path:
    return Path(os.environ.get(name, default)).resolve()


def required(name: str, *, hint: str) -> str:
    value = os.environ.get(name)
    if not value:
        message = f"{name} is not set. {hint}"
        raise ImproperlyConfigured(message)
    return value
