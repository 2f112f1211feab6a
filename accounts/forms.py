from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """Says neither which half was wrong nor whether the account exists (T90)."""

    error_messages = {
        "invalid_login": _("账号或密码不对。请再试一次，或请系统管理员重置密码。"),
        "inactive": _("账号或密码不对。请再试一次，或请系统管理员重置密码。"),
    }
