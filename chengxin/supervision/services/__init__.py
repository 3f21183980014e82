"""Commands of 督查, by what they are about: plans, draws, visits, photos, the desk, alerts."""
