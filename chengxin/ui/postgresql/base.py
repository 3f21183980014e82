"""The database backend of the site; Django looks for it under this name."""

from __future__ import annotations

import select

from django.db.backends.postgresql import base
from psycopg import Error


class DatabaseWrapper(base.DatabaseWrapper):
    """Before each request Django asks the server whether it is still there, which costs a round trip. A server that has gone has
    closed the socket, and that is known without asking: only a socket with something to read is worth the question.
    """

    def is_usable(self) -> bool:
        if self.connection is None:
            return False
        try:
            waiting = select.select([self.connection.fileno()], [], [], 0)[0]
        except (OSError, ValueError, Error):  # closed on this side
            return False
        return True if not waiting else super().is_usable()
