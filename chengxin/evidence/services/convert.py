"""Make a film that browsers play, the whole or a stretch, in a process of its own: ``python -m … SOURCE TARGET START_MS END_MS``.

Prints JSON: ``{}`` or ``{"trouble": …}``. END_MS is 0 for "to the end". H.264 and AAC in an MP4 with its index in front.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

MEMORY = 3 * 1024**3  # bytes of address space
EVEN = 2  # H.264 with 4:2:0 colour takes even sizes only


def convert(source: str, target: str, start_ms: int, end_ms: int) -> None:
    """Read frame by frame from the start, write what lies in the stretch. Raises av.error.FFmpegError, ValueError."""
    with av.open(source) as film, av.open(target, "w", format="mp4", options={"movflags": "+faststart"}) as made:
        if not film.streams.video:
            raise ValueError("没有画面")
        picture = film.streams.video[0]
        sound = film.streams.audio[0] if film.streams.audio else None
        rate = picture.average_rate or 25
        seen: Any = made.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "23"})
        heard: Any = made.add_stream("aac", rate=sound.codec_context.sample_rate) if sound else None
        if start_ms:
            film.seek(int(start_ms * av.time_base / 1000))
        written = _write(film, made, picture, sound, seen, heard, (start_ms / 1000, end_ms / 1000 if end_ms else float("inf")))
        if not written:
            raise ValueError("这一段没有画面")


def _write(
    film: Any, made: Any, picture: VideoStream, sound: AudioStream | None, seen: Any, heard: Any, span: tuple[float, float]
) -> int:  # fmt: skip
    written, first = 0, span[0] + _origin(picture)
    for packet in film.demux([each for each in (picture, sound) if each is not None]):
        for frame in packet.decode():
            at = float(frame.time or 0)
            if at < first:
                continue
            if at >= span[1] + _origin(picture):
                if packet.stream is picture:
                    return _end(made, seen, heard, written)
                continue
            is_picture = packet.stream is picture
            if is_picture and not written:
                _size(seen, frame)
            written += is_picture
            frame.pts = round((at - first) / float(frame.time_base))
            made.mux((seen if is_picture else heard).encode(frame))
    return _end(made, seen, heard, written)


def _origin(picture: VideoStream) -> float:
    """Where the film's own clock begins, in seconds."""
    return float((picture.start_time or 0) * (picture.time_base or 0))


def _size(seen: Any, frame: Any) -> None:
    seen.width, seen.height, seen.pix_fmt = frame.width - frame.width % EVEN, frame.height - frame.height % EVEN, "yuv420p"


def _end(made: Any, seen: Any, heard: Any, written: int) -> int:
    if written:
        for stream in (seen, heard):
            if stream is not None:
                made.mux(stream.encode(None))
    return written


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, target, start, end = sys.argv[1:]
    found = {}
    try:
        convert(source, target, int(start), int(end))
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        found = {"trouble": str(error)[:150]}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
