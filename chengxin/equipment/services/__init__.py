"""Commands of the equipment chapter."""
