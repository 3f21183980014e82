"""Doors of 督查: plans and draws, visits and the sheet, the desk."""
