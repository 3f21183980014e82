"""Doors of the reports: indicators, the year's package, the export for 司法局."""
