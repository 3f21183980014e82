"""The database: an embedded PostgreSQL shared by every process that needs it, or an external server.

Who keeps the embedded server alive: each user process holds a shared flock on ``users.lock``; a small watcher, started with the
server, waits for the exclusive lock and stops the server once nobody holds it any more. The kernel drops the locks of a killed
process, so a kill -9 of a user, or of all of them, leaves no server behind; a watcher that was killed itself is replaced by the next user.
"""

from chengxin.core.postgres.base_backup import BaseBackupFailed, copy_database, major_version, prepare_place, unpack_database
from chengxin.core.postgres.server import EmbeddedServer, ServerFailed, ensure_database, revive, running
from chengxin.core.postgres.target import DatabaseTarget, TargetError, database_target

__all__ = [
    "BaseBackupFailed",
    "DatabaseTarget",
    "EmbeddedServer",
    "ServerFailed",
    "TargetError",
    "copy_database",
    "database_target",
    "ensure_database",
    "major_version",
    "prepare_place",
    "revive",
    "running",
    "unpack_database",
]
