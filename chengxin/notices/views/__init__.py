"""Doors of notices: the own ones and their settings, robots, the log."""
