"""Keys that lie outside the database: for receipt codes, for who complained, for counting tries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from uuid import UUID

from cryptography.fernet import Fernet
from django.conf import settings

from chengxin.complaints import rules
from chengxin.core.secrets import local_secret

VAULT_KEY = "vault-1"  # the name goes with each ciphertext, so that a later key can stand beside it


@cache
def _secret(folder: Path, name: str) -> bytes:
    return local_secret(folder, name, length=32).encode()


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "keys"
    return folder


def digest(purpose: str, text: str) -> str:
    """A keyed digest: who has the database and not the key learns nothing from it."""
    return hmac.new(_secret(_folder(), "complaints"), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def code_for(form_key: UUID) -> str:
    """The receipt code of one sending of a form: the same for a second click, and nobody else's to guess."""
    return rules.code_of(hmac.new(_secret(_folder(), "complaints"), b"code:" + form_key.bytes, hashlib.sha256).digest())


def form_key_of(number: str) -> UUID:
    """The form key of what has a number elsewhere: nobody who knows the number can make it, for its receipt code follows from it."""
    return UUID(digest("form", number)[:32])


def code_digest(code: str) -> str:
    return digest("code", code)


def seal(contact: Mapping[str, str]) -> bytes:
    """A complainant's name and number as ciphertext (AES-128-CBC with HMAC-SHA-256)."""
    return _vault(VAULT_KEY).encrypt(json.dumps(dict(contact), ensure_ascii=False).encode())


def unseal(sealed: bytes, key_name: str) -> dict[str, str]:
    """Raises cryptography.fernet.InvalidToken when the key is not the one it was sealed with."""
    found: dict[str, str] = json.loads(_vault(key_name).decrypt(sealed))
    return found


def _vault(name: str) -> Fernet:
    raw = hashlib.sha256(_secret(_folder(), name)).digest()
    return Fernet(base64.urlsafe_b64encode(raw))
