"""Doors of the equipment chapter."""
