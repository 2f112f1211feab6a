"""Staff accounts and what they may do: one file a topic."""

from accounts.models.grants import RoleGrant, RoleGrantQuerySet, scope_code
from accounts.models.users import User, UserManager

__all__ = ["RoleGrant", "RoleGrantQuerySet", "User", "UserManager", "scope_code"]
