"""Doors of 考试."""
