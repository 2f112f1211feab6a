"""Staff accounts and what they may do: one file a topic."""

from accounts.models.approvals import Approval, ApprovalQuerySet
from accounts.models.factors import Authenticator, RecoveryCode
from accounts.models.grants import RoleGrant, RoleGrantQuerySet, scope_code
from accounts.models.sign_in import PastPassword, SignInFailure
from accounts.models.users import User, UserManager

__all__ = [
    "Approval",
    "ApprovalQuerySet",
    "Authenticator",
    "PastPassword",
    "RecoveryCode",
    "RoleGrant",
    "RoleGrantQuerySet",
    "SignInFailure",
    "User",
    "UserManager",
    "scope_code",
]
