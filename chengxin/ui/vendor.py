"""Fetch the front-end packages of package-lock.json and copy the few files the pages use into ``var/vendor``.

``python -m chengxin.ui.vendor``; a second run with unchanged lock file does nothing.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "var" / "vendor"
FILES = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js",
    "@tabler/icons-webfont/dist/tabler-icons.min.css",
    "@tabler/icons-webfont/dist/fonts/tabler-icons.woff2",
    "echarts/dist/echarts.min.js",
    "tus-js-client/dist/tus.min.js",
)

# the maps themselves are not copied, and the static file storage insists on every file that is named
SOURCE_MAP = rb"(?m)^(?:/\*|//)# sourceMappingURL=.*$"


def main() -> None:
    stamp = TARGET / "stamp"
    wanted = hashlib.sha256((ROOT / "package-lock.json").read_bytes() + repr((FILES, SOURCE_MAP)).encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    print("准备前端文件……", flush=True)  # noqa: T201
    _install()
    shutil.rmtree(TARGET, ignore_errors=True)
    for name in FILES:
        copy = TARGET / name.replace("/dist/", "/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = name.endswith((".css", ".js"))
        content = (ROOT / "node_modules" / name).read_bytes()
        copy.write_bytes(re.sub(SOURCE_MAP, b"", content) if text else content)
    _without_missing_fonts(TARGET / "@tabler/icons-webfont/tabler-icons.min.css")
    stamp.write_text(wanted, encoding="ascii")


def _without_missing_fonts(sheet: Path) -> None:
    """The icon sheet also names older font formats, which no browser of ours asks for."""
    text = sheet.read_text(encoding="utf-8")
    text = re.sub(r',url\("[^"]+\.(?:woff|ttf)\?[^"]*"\)\s*format\("[^"]+"\)', "", text)
    sheet.write_text(text, encoding="utf-8")


def _install() -> None:
    command = [*_npm(), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    done = subprocess.run(command, cwd=ROOT, check=False)
    if done.returncode != 0:
        sys.exit("前端文件没有取到：npm ci 失败。请检查网络后重新执行 make setup。")


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    lock = str(ROOT / "requirements-node.lock")
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--require-hashes", "-r", lock], check=True)
    return [str(Path(sys.executable).with_name("npm"))]


if __name__ == "__main__":
    main()
