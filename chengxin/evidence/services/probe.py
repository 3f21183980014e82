"""Looks into a recording in a process of its own: a damaged file may hang or crash the library that reads it.

``python -m chengxin.evidence.services.probe FILE PICTURE`` writes what it found as JSON to its output and a picture of the film
to PICTURE. It imports nothing of the site.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import av

MEMORY = 2 * 1024**3  # bytes of address space
WIDTH = 480
PLAYABLE = {"h264"}  # what every browser of the bureau's plays from an MP4


def look(path: str, picture: str) -> dict[str, Any]:
    """Duration in ms, codec, width and height; the picture stands at a tenth of the film."""
    found: dict[str, Any] = {}
    with av.open(path, "r") as film:
        if film.duration is not None:
            found["duration_ms"] = int(film.duration * 1000 / av.time_base)
        if not film.streams.video:
            sound = film.streams.audio[0] if film.streams.audio else None
            return {**found, "codec": sound.codec_context.name if sound else ""}
        stream = film.streams.video[0]
        found |= {"codec": stream.codec_context.name, "width": stream.codec_context.width, "height": stream.codec_context.height}
        if film.duration:
            film.seek(film.duration // 10)
        frame = next(iter(film.decode(stream)), None)
        if frame is not None:
            image = frame.to_image()  # type: ignore[no-untyped-call]
            image.thumbnail((WIDTH, WIDTH))
            Path(picture).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            image.save(picture, "JPEG", quality=80)
    return found


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found = look(sys.argv[1], sys.argv[2])
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        found = {"trouble": str(error)[:150]}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
