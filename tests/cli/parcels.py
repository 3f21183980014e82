"""What backing up and moving house have in common: a living installation, a parcel of it, and ways to damage one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.cli.conftest import copied, environment

PASSPHRASE = "correct horse battery"
FILL = """
import io, uuid
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from PIL import Image
from chengxin.audit.services import record, seal
from chengxin.complaints.services import keys
from chengxin.core.actor import system_actor
from chengxin.files.services import accept_photo
actor = system_actor("演练")
out = io.BytesIO()
Image.new("RGB", (40, 30), "navy").save(out, "JPEG")
accept_photo(actor, SimpleUploadedFile("a.jpg", out.getvalue(), "image/jpeg"))
print(keys.code_for(uuid.UUID(int=7)))
seal()
from pathlib import Path
from django.conf import settings
import hashlib
film = b"film" * 5000
name = hashlib.sha256(film).hexdigest()
place = settings.FOOTAGE_DIR / "originals" / name[:2] / name[2:4] / name
place.parent.mkdir(parents=True)
place.write_bytes(film)
"""
WRITE_ON = """
import time
from django.db import transaction
from chengxin.audit.services import record
from chengxin.core.actor import system_actor
end = time.time() + 6
while time.time() < end:
    with transaction.atomic():
        record(system_actor("演练"), "audit.viewed", "audit:drill")
"""
LOOK = """
import json, uuid
from django.test import Client
from chengxin.audit.services import seal, verify
from chengxin.complaints.services import keys
signed_in = Client(headers={"host": "localhost"}).post("/account/login/", {"login": "auditor", "password": "First-Start-1"})
made = seal()
verdict = verify()
print(json.dumps({"status": signed_in.status_code, "sealed": made.number if made else 0, "unsealed": verdict.entries - verdict.sealed,
                  "ok": verdict.misfit is None, "code": keys.code_for(uuid.UUID(int=7))}))
"""


def call(data: Path, *arguments: str, passphrase: str = PASSPHRASE, **more: str) -> subprocess.CompletedProcess[str]:
    surroundings = {**environment(data), "CHENGXIN_BACKUP_PASSPHRASE": passphrase, **more}
    command = [sys.executable, "-m", "chengxin", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=surroundings, timeout=180, stdin=subprocess.DEVNULL)


def shell(data: Path, code: str, **more: str) -> str:
    done = call(data, "django", "shell", "--no-imports", "-c", code, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""


def filled(migrated: Path, root: Path, command: str) -> Iterator[dict[str, Any]]:
    """An installation with a photo, footage, a receipt code and a sealed audit, and what a command packed of it while somebody wrote."""
    with copied(migrated, root / "data") as data:
        yield _packed(data, command, root / command)


def _packed(data: Path, command: str, parcel: Path) -> dict[str, Any]:
    assert call(data, "people", "start", "--bureau", "测试局", "--password", "First-Start-1").returncode == 0
    code = shell(data, FILL)
    writer = subprocess.Popen([sys.executable, "-m", "chengxin", "django", "shell", "--no-imports", "-c", WRITE_ON], env=environment(data))
    time.sleep(3)
    made = call(data, command, str(parcel))
    assert made.returncode == 0, made.stderr
    assert writer.wait(60) == 0
    return {"data": data, "parcel": parcel, "code": code, "told": json.loads(made.stdout.splitlines()[-1])}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# damages: each does something to a copy and says what the refusal has to name


def lose_keys(copy: Path) -> str:
    (copy / "keys.sealed").unlink()
    return "缺少 keys.sealed"


def unfinished(copy: Path) -> str:
    (copy / "manifest.json").unlink()
    return "没有做完"


def forged(copy: Path, **changes: Any) -> None:
    """A manifest that fits itself, as a newer program would have written it."""
    from chengxin.transfer.parcel import Part, digest_of

    path = copy / "manifest.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    told.pop("digest")
    parts = [Part(**each) for each in told.pop("parts")]
    told |= changes
    path.write_text(json.dumps({**told, "parts": [vars(part) for part in parts], "digest": digest_of(told, parts)}), encoding="utf-8")


def newer_format(copy: Path) -> str:
    forged(copy, version=2)
    return "请用新版程序"


def newer_data(copy: Path) -> str:
    forged(copy, migrations={"audit": ["0001_initial", "9999_from_the_future"]})
    return "没有 audit.9999_from_the_future"
