"""Doors of evidence."""
