"""A robot's address is a password of its group: ciphertext in the database, the key beside the other keys outside it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet
from django.conf import settings

from chengxin.core.secrets import local_secret

KEY = "robots-1"  # the name goes with each ciphertext, so that a later key can stand beside it


@cache
def _secret(folder: Path, name: str) -> bytes:
    return local_secret(folder, name, length=32).encode()


def _folder() -> Path:
    folder: Path = settings.DATA_DIR / "keys"
    return folder


def _box(name: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hmac.new(_secret(_folder(), name), b"robot", hashlib.sha256).digest()))


def seal(address: str, secret: str) -> bytes:
    return _box(KEY).encrypt(json.dumps([address, secret]).encode())


def unseal(sealed: bytes, key_name: str) -> tuple[str, str]:
    """Address and secret. Raises cryptography.fernet.InvalidToken where the key is another."""
    address, secret = json.loads(_box(key_name).decrypt(sealed))
    return address, secret


def digest_of_code(user_id: int, address: str, code: str) -> str:
    """A code bound to user and address; without the key a few digits could be tried out on the digest."""
    return hmac.new(_secret(_folder(), KEY), f"code:{user_id}:{address}:{code}".encode(), hashlib.sha256).hexdigest()
