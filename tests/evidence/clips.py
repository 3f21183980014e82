"""Real recordings for tests: small films made by the same library that reads them."""

from __future__ import annotations

import functools
import io
import tempfile
import wave
from pathlib import Path

import av
import numpy as np


@functools.cache
def clip(seed: int = 0, *, seconds: int = 1, codec: str = "libx264", container: str = "mp4") -> bytes:
    """A film of a moving bar, 160 × 120, ten pictures a second; each seed has other bytes."""
    options = {"movflags": "+faststart"} if container == "mp4" else {}  # the index in front, as many devices write it
    file = Path(tempfile.mkdtemp()) / f"film.{container}"
    with av.open(str(file), "w", format=container, options=options) as output:
        stream = output.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        output.metadata["comment"] = f"film {seed}"
        for number in range(10 * seconds):
            picture = np.zeros((120, 160, 3), np.uint8)
            picture[:, (seed * 7 + number * 5) % 150 : (seed * 7 + number * 5) % 150 + 10] = (255, 200, seed % 256)
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                output.mux(packet)
        for packet in stream.encode():
            output.mux(packet)
    return file.read_bytes()


@functools.cache
def sound(seed: int = 0) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as output:
        output.setnchannels(1)
        output.setsampwidth(2)
        output.setframerate(8000)
        output.writeframes(bytes([seed % 256, 0] * 800))
    return content.getvalue()
