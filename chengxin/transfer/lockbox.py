"""Keys that travel: the files of the key folder as one ciphertext under a passphrase."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from chengxin.core.errors import DomainError

SEALED, CLEAR = "keys.sealed", "keys"
LEAST = 12  # characters of a passphrase
COST = {"n": 2**15, "r": 8, "p": 1}  # scrypt: 32 MiB and about a tenth of a second for each try
HEADER = b"chengxin-keys-1"


def keys_in(folder: Path) -> dict[str, bytes]:
    """The key files of an installation by their names; drafts of a key that was never finished are none."""
    if not folder.is_dir():
        return {}
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file() and "." not in path.name}


def fingerprints(keys: Mapping[str, bytes]) -> dict[str, str]:
    """SHA-256 of each. The keys are random and long, so this tells nothing of them."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(keys.items())}


def refuse_short(passphrase: str) -> None:
    """Raises DomainError for a passphrase that could be tried out."""
    if len(passphrase) < LEAST:
        raise DomainError("short_passphrase", f"密钥口令至少 {LEAST} 个字符。", field="passphrase")


def seal(keys: Mapping[str, bytes], passphrase: str) -> bytes:
    """The keys under AES-256-GCM with a key that scrypt makes of the passphrase. Raises DomainError for a short passphrase."""
    refuse_short(passphrase)
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    plain = json.dumps({name: base64.b64encode(content).decode() for name, content in keys.items()}).encode()
    return HEADER + salt + nonce + AESGCM(_derived(passphrase, salt)).encrypt(nonce, plain, HEADER)


def unseal(sealed: bytes, passphrase: str) -> dict[str, bytes]:
    """Raises DomainError for another passphrase; an altered ciphertext looks the same."""
    body = sealed.removeprefix(HEADER)
    salt, nonce, ciphertext = body[:16], body[16:28], body[28:]
    try:
        plain = AESGCM(_derived(passphrase, salt)).decrypt(nonce, ciphertext, HEADER)
    except InvalidTag as error:
        raise DomainError("wrong_passphrase", "密钥口令不对，没有恢复任何内容。", field="passphrase") from error
    return {name: base64.b64decode(content) for name, content in json.loads(plain).items()}


def _derived(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **COST).derive(passphrase.encode())


def put_in_place(keys: Mapping[str, bytes], folder: Path) -> None:
    """Write the keys readable by their owner only."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    for name, content in keys.items():
        path = folder / name
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
