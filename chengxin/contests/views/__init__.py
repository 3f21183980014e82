"""Doors of contests: organising, judging on the phone, the board and the result."""
