"""Every verb that changes the roster; each leaves its event in its transaction."""

from residents.actions.snapshots import RosterEmpty, take_snapshot

__all__ = ["RosterEmpty", "take_snapshot"]
