"""What is done to accounts and roles: one file a topic."""

from accounts.actions.grants import grant_role
from accounts.actions.users import create_user, note_sign_in, set_password

__all__ = ["create_user", "grant_role", "note_sign_in", "set_password"]
