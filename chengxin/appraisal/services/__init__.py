"""Commands of the annual assessment."""
