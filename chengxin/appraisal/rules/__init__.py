"""Pure: what the ledger says, what follows for eligibility, the year's round, exemplary titles (3.1, 3.2)."""
