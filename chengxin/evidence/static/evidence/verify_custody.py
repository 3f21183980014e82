"""核对影像保管报告：python verify_custody.py 报告.json [影像文件] [--key 公钥]
只用 Python 3.8 以上自带的库，不需要网络。退出码：0 相符，1 不符，2 用法不对或文件打不开。"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Any

# Ed25519 (RFC 8032): the curve -x² + y² = 1 + D·x²·y² over the integers mod P; a point is (X, Y, Z) with x = X/Z, y = Y/Z
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    z, xx, yy = one[2] * other[2] % P, one[0] * other[0] % P, one[1] * other[1] % P
    less, more = z * z - D * xx * yy, z * z + D * xx * yy
    return z * less * ((one[0] + one[1]) * (other[0] + other[1]) - xx - yy) % P, z * more * (xx + yy) % P, less * more % P


def times(factor: int, point: tuple[int, ...]) -> tuple[int, ...]:
    total = times(factor // 2, add(point, point)) if factor > 1 else (0, 1, 1)
    return add(total, point) if factor % 2 else total


def point_of(text: bytes) -> tuple[int, ...] | None:  # none for 32 bytes that stand for no point
    number = int.from_bytes(text, "little")
    y = number % 2**255 % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    return ((-x if x % 2 != number >> 255 else x) % P, y, 1) if x * x % P == square else None


def is_signed(content: bytes, signature: bytes, key: bytes) -> bool:  # whether S·B - h·A is R, told by its bytes
    point, base, s = point_of(key), point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little")), int.from_bytes(signature[32:], "little")
    if point is None or base is None or len(key) != 32 or len(signature) != 64 or s >= ORDER:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + content).digest(), "little") % ORDER
    x, y, z = add(times(s, base), times(h, (P - point[0], point[1], 1)))
    return (y * pow(z, -1, P) % P | x * pow(z, -1, P) % P % 2 << 255).to_bytes(32, "little") == signature[:32]


def opened(name: str) -> tuple[dict[str, Any], str]:
    with open(name, "rb") as file:
        text = file.read().strip()
    report = json.loads(text.decode())
    content, signature, key = report["content"], bytes.fromhex(report["signature"]), bytes.fromhex(report["key"])
    issued = {"algorithm": "ed25519", "content": content, "digest": "sha-256", "key": key.hex(), "signature": signature.hex()}
    whole, signed = (json.dumps(each, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() for each in (issued, content))
    # the file has to be what was issued, byte for byte: then there are not two ways to read it
    if whole != text or content["kind"] != "chengxin-custody-report-1" or not is_signed(signed, signature, key):
        raise ValueError
    return content, key.hex()


def differences(name: str, told: dict[str, Any]) -> list[str]:
    whole, parts, size = hashlib.sha256(), [""][:0], 0
    with open(name, "rb") as file:
        for part in iter(lambda: file.read(told["part_size"]), b""):
            whole.update(part)
            size, parts = size + len(part), [*parts, hashlib.sha256(part).hexdigest()]
    if (size, whole.hexdigest(), parts) == (told["size"], told["sha256"], told["part_sha256"]):
        return []
    at = next((at for at, kept in enumerate(told["part_sha256"]) if parts[at : at + 1] != [kept]), len(told["part_sha256"]))
    return [f"不符：影像文件 {size} 字节，SHA-256 为 {whole.hexdigest()}，从第 {at + 1} 段（第 {at * told['part_size']} 字节之后）起不同"]


def main(words: list[str]) -> tuple[int, list[str]]:
    at = words.index("--key") if "--key" in words[:-1] else len(words)
    names, key = words[:at] + words[at + 2 :], "".join(words[at + 1 : at + 2]).lower()
    if len(names) not in (1, 2) or any(name.startswith("-") for name in names):
        return 2, [str(__doc__)]
    try:
        content, own = opened(names[0])
        made = "签名相符：{number}，{made_at} 由{made_by}出具；出具时：".format(**content["report"]) + content["verification"]["statement"]
        faults = [] if key in ("", own) else [f"不符：签名所用公钥 {own} 不是 --key 给出的公钥"]
        faults += [each for name in names[1:] for each in differences(name, content["recording"])]
    except OSError as error:
        return 2, [f"打不开文件 {error.filename}"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return 1, ["不符：签名不对，或不是原样下载的保管报告"]
    return int(bool(faults)), [made, f"公钥 {own} 是否为出具单位所有，请另行核实" if not key else "", *(faults or ["全部相符"])]


if __name__ == "__main__":
    CODE, LINES = main(sys.argv[1:])
    sys.stdout.buffer.write("".join(f"{line}\n" for line in LINES if line).encode(sys.stdout.encoding, "replace"))
    sys.exit(CODE)
