"""Commands of the monthly bulletin."""
