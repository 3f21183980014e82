"""Doors of complaints: the public's, the desk's, the accused's."""
