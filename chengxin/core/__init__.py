"""What every chapter stands on: actor, clock, errors, registry, capabilities, embedded PostgreSQL."""
