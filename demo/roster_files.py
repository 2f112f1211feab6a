"""Rosters of the demo, read by the real importer."""
