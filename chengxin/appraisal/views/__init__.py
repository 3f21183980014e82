"""Doors of the annual assessment: own ledger, verdicts, simulation, the round, publicity, titles."""
