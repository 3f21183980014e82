"""The demo bureau: deterministic, plainly fictional, built through the same commands as real work. Never loaded by itself."""
