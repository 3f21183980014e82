"""Which database the environment names. Pure: nothing is opened or created."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # sun_path holds 108 bytes; the server adds ".lock" to the name


class TargetError(ValueError):
    """The environment names a database in a way that cannot be understood."""


@dataclass(frozen=True)
class DatabaseTarget:
    """Where the database is. ``data`` is the server's data directory when it is embedded."""

    host: str
    port: str
    name: str
    user: str
    password: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    data: Path | None = None

    @property
    def embedded(self) -> bool:
        return self.data is not None


def database_target(environ: Mapping[str, str], base: Path) -> DatabaseTarget:
    """The target named by CHENGXIN_DATABASE_URL, else the embedded server below CHENGXIN_DATA (default ``base/data``).

    Raises TargetError for an address that cannot be understood.
    """
    url = environ.get("CHENGXIN_DATABASE_URL", "").strip()
    if url:
        return _external(url)
    data = Path(environ.get("CHENGXIN_DATA", "").strip() or base / "data").resolve() / "postgres"
    return DatabaseTarget(host=str(socket_directory(data)), port="5432", name="chengxin", user="postgres", data=data)


def socket_directory(data: Path) -> Path:
    """Beside the data directory, or a short directory for temporary files where that path would be too long."""
    beside = data.with_name("socket")
    if len(str(beside / SOCKET_NAME).encode()) <= LONGEST_SOCKET_PATH and _reachable_by_all(beside.parent):
        return beside
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"chengxin-{digest}"


def _reachable_by_all(directory: Path) -> bool:
    """Whether every existing folder on the way lets other users through (they need not list it)."""
    return all(not folder.exists() or folder.stat().st_mode & 0o001 for folder in (directory, *directory.parents))


def _external(url: str) -> DatabaseTarget:
    parts = urlsplit(url)
    hint = "应形如 postgresql://用户:口令@主机:5432/库名"
    if parts.scheme not in {"postgres", "postgresql"}:
        raise TargetError(f"环境变量 CHENGXIN_DATABASE_URL 的开头“{parts.scheme}”不认识，{hint}。")
    try:
        port = parts.port or 5432
    except ValueError:
        raise TargetError(f"环境变量 CHENGXIN_DATABASE_URL 的端口不是 0 到 65535 的数字，{hint}。") from None
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise TargetError(f"环境变量 CHENGXIN_DATABASE_URL 缺少库名，{hint}。")
    options = dict(parse_qsl(parts.query))
    return DatabaseTarget(
        host=unquote(parts.hostname or options.pop("host", "localhost")),
        port=str(port),
        name=name,
        user=unquote(parts.username or "postgres"),
        password=unquote(parts.password or ""),
        options=options,
    )
