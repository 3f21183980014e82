"""Keys that lie outside the database: for the code at the door, and for what was said in a talk."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cache
from pathlib import Path
from uuid import UUID

from cryptography.fernet import Fernet
from django.conf import settings

from chengxin.core.secrets import local_secret

TALK_KEY = "talks-1"  # the name goes with each ciphertext, so that a later key can stand beside it


@cache
def _secret(folder: Path, name: str) -> bytes:
    return local_secret(folder, name, length=32).encode()


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "keys"
    return folder


def door_key() -> bytes:
    """What the codes at the door are made with."""
    return _secret(_folder(), "attendance")


def seal(text: str, *, form_key: UUID, talker_id: int, person_id: int) -> bytes:
    """What was said as ciphertext (AES-128-CBC with HMAC-SHA-256) that opens for this talk of these two and for no other row."""
    return _box(TALK_KEY, form_key, talker_id, person_id).encrypt(text.encode())


def unseal(sealed: bytes, key_name: str, *, form_key: UUID, talker_id: int, person_id: int) -> str:
    """Raises cryptography.fernet.InvalidToken where key, talk or one of the two is another."""
    return _box(key_name, form_key, talker_id, person_id).decrypt(sealed).decode()


def _box(name: str, form_key: UUID, talker_id: int, person_id: int) -> Fernet:
    raw = hmac.new(_secret(_folder(), name), f"talk:{form_key}:{talker_id}:{person_id}".encode(), hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(raw))
