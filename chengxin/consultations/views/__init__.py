"""Doors of drafts and consultations: staff's, the signatories', the public's."""
