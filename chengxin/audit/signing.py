"""The key that signs checkpoints: made at first use, kept outside the database."""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from chengxin.core.secrets import local_secret


def signing_key() -> Ed25519PrivateKey:
    """The installation's Ed25519 key, derived from 32 secret bytes in the data directory."""
    secret = local_secret(settings.DATA_DIR / "keys", "audit", length=32)
    return Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(secret + "=")[:32])


def public_key() -> str:
    return signing_key().public_key().public_bytes_raw().hex()


def sign(content: bytes) -> str:
    return signing_key().sign(content).hex()


def is_signed(content: bytes, signature: str, key: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True
