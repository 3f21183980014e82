"""Doors of 文明言行."""
