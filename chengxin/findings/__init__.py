"""问题与整改: the one mechanism from finding to rectification, re-check, look-back, objection and reversal (3.1)."""
