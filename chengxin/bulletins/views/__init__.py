"""The doors of the monthly bulletin."""
