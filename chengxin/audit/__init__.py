"""审计: one entry per gesture, append-only, sealed by signed checkpoints."""
