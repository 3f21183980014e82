"""Doors of case reviews: the register, rounds, sheets, results."""
