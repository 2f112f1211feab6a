"""Sessions of staff (T91): one per account, short when idle, never longer than a day's
work.

The account carries the mark of its one live session. Whoever ends it (a new sign-in,
another password, role or factor, a lock) changes that one column in the transaction of
the act; no list of sessions is searched.
"""

import datetime as dt
import uuid

from django.contrib.sessions.backends.base import SessionBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User

IDLE = dt.timedelta(minutes=15)
LONGEST = dt.timedelta(hours=8)
FRESH = dt.timedelta(minutes=5)
# Being here is written down at most once a minute, not at every request.
NOTED_EVERY = dt.timedelta(minutes=1)

MARK, SINCE, SEEN, FACTOR = "mark", "since", "seen", "factor"
WAYS_TO_END: dict[str, str | Promise] = {
    "idle": _("您 15 分钟没有操作，已自动退出。请重新登录。"),
    "long": _("登录满 8 小时，已自动退出。请重新登录。"),
    "elsewhere": _(
        "您的账号刚在别处登录，这里已退出。"
        "如果不是您本人，请马上换密码，并告诉安全管理员。"
    ),
    "over": _("登录已结束。请重新登录。"),
    User.Ended.SIGNED_OUT: _("您已退出。"),
    User.Ended.PASSWORD: _("密码已更换，请用新密码登录。"),
    User.Ended.ROLES: _("您的角色有变动，请重新登录。"),
    User.Ended.FACTOR: _("您的验证器已更换，请重新登录。"),
    User.Ended.LOCKED: _("这次登录已结束。请过 15 分钟再试，或请安全管理员查看。"),
}


def begin(session: SessionBase, *, mark: uuid.UUID, at: dt.datetime) -> None:
    """Fill a session that has just got its new key; without proof of a factor yet."""
    moment = at.timestamp()
    session[MARK], session[SINCE], session[SEEN] = str(mark), moment, moment
    session.pop(FACTOR, None)


def go_on(session: SessionBase, *, mark: uuid.UUID) -> None:
    """The session that has just changed its own password or factor lives on, under a
    new key and mark; its eight hours do not begin again."""
    session.cycle_key()
    session[MARK] = str(mark)


def prove(session: SessionBase, *, at: dt.datetime) -> None:
    """A second factor was accepted at this moment."""
    session[FACTOR] = at.timestamp()


def is_proven(session: SessionBase) -> bool:
    """Signed in with both halves; before that only the enrolment page opens."""
    return FACTOR in session


def is_fresh(session: SessionBase, *, at: dt.datetime) -> bool:
    """The factor is not older than five minutes (T91)."""
    return is_proven(session) and _age(session, FACTOR, at) <= FRESH


def why_ended(session: SessionBase, user: User, *, at: dt.datetime) -> str:
    """ "" while the session is live, or a key of WAYS_TO_END."""
    if user.session_mark is None:
        return user.session_ended or "over"
    if str(user.session_mark) != session.get(MARK):
        return "elsewhere"
    if _age(session, SINCE, at) > LONGEST:
        return "long"
    if _age(session, SEEN, at) > IDLE:
        return "idle"
    return ""


def note_presence(session: SessionBase, *, at: dt.datetime) -> None:
    if _age(session, SEEN, at) >= NOTED_EVERY:
        session[SEEN] = at.timestamp()


def _age(session: SessionBase, key: str, at: dt.datetime) -> dt.timedelta:
    return dt.timedelta(seconds=at.timestamp() - session[key])
