"""The one live session of an account: begun and ended by one column (T91)."""

import uuid

from accounts.models import User


def open_session(user: User) -> uuid.UUID:
    """A new mark; a session with the former one is over."""
    user.session_mark, user.session_ended = uuid.uuid4(), ""
    user.save(update_fields=["session_mark", "session_ended"])
    return user.session_mark


def end_session(user: User, *, because: User.Ended) -> None:
    """No session is live from here on. Part of an act that leaves its own event."""
    user.session_mark, user.session_ended = None, because
    user.save(update_fields=["session_mark", "session_ended"])
