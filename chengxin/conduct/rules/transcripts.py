"""A transcript as others write it – .srt, .vtt, .json – read into cues; what is broken is refused with its line (2.3.2)."""

from __future__ import annotations

import codecs
import html
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TIMES = re.compile(r"\s*(\S+)\s*-->\s*(\S+)(?:\s.*)?")
TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})")
TAGS = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")
HAN = re.compile("[\u4e00-\u9fff]")
BLOCKS = ("NOTE", "STYLE", "REGION")
SHOWN = 40  # characters of a line in a refusal
FORMATS = {"srt": "SRT", "vtt": "WebVTT", "json": "JSON"}


@dataclass(frozen=True)
class Cue:
    """What was said between two moments of the recording, in milliseconds from its beginning."""

    start_ms: int
    end_ms: int
    text: str


class BadTranscript(ValueError):
    """What cannot be understood, with its line and what to do."""


def decoded(content: bytes) -> tuple[str, str]:
    """The text and the name of its encoding: as its mark says, else UTF-8, else GB18030. Raises BadTranscript.

    A few short Chinese texts are sound in both; then the one that reads as Chinese is meant.
    """
    for mark, name in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if content.startswith(mark):
            return _decoded(content, name), name
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(content, "gb18030"), "gb18030"
    if text.isascii() or HAN.search(text):
        return text, "utf-8"
    other = content.decode("gb18030", errors="ignore")
    return (other, "gb18030") if HAN.search(other) and other.encode("gb18030") == content else (text, "utf-8")


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadTranscript(f"第 {line} 行的文字编码无法识别，请另存为 UTF-8 后再导入。") from error


def format_of(name: str, text: str) -> str:
    """ "srt", "vtt" or "json": by what the text begins with, else by the file's name."""
    start = text.lstrip("\ufeff \t\r\n")[:6]
    if start.startswith("WEBVTT"):
        return "vtt"
    if start.startswith(("{", "[")):
        return "json"
    return "vtt" if name.lower().endswith(".vtt") else "srt"


def parsed(name: str, content: bytes) -> tuple[list[Cue], str, str]:
    """The cues in their order, the format, the encoding. Raises BadTranscript naming the line."""
    text, encoding = decoded(content)
    if "\0" in text:
        raise BadTranscript("文件里有空字符，不是文字稿；请导出为 .srt、.vtt 或 .json。")
    form = format_of(name, text)
    cues = list(_segments(text) if form == "json" else _blocks(text))
    if not any(cue.text for cue in cues):
        raise BadTranscript("文字稿里没有内容，请核对导出的文件。")
    return cues, form, encoding


def _blocks(text: str) -> Iterator[Cue]:
    """The cues of SRT and WebVTT, which differ in little: a number or name may stand above the times, settings behind them."""
    lines = re.split(r"\r\n|\r|\n", text.lstrip("\ufeff"))
    at, before = 0, 0
    while at < len(lines):
        line = lines[at].strip()
        if not line:
            at += 1
        elif (at == 0 and line.startswith("WEBVTT")) or line.split()[0] in BLOCKS:
            at = _after_block(lines, at)
        else:
            if "-->" not in line and at + 1 < len(lines) and "-->" in lines[at + 1]:
                at += 1
            start, end = _times(lines[at], at + 1, before)
            after = _after_block(lines, at)
            yield Cue(start, end, _clean(" ".join(lines[at + 1 : after])))
            at, before = after, start


def _after_block(lines: list[str], at: int) -> int:
    while at < len(lines) and lines[at].strip():
        at += 1
    return at


def _times(line: str, number: int, before: int) -> tuple[int, int]:
    found = TIMES.fullmatch(line)
    if found is None:
        shown = line.strip()[:SHOWN]
        raise BadTranscript(f"第 {number} 行应为时间（如 00:00:01,000 --> 00:00:03,000），实际是“{shown}”。")
    start, end = _time(found[1], number), _time(found[2], number)
    return _in_order(start, end, before, f"第 {number} 行")


def _time(text: str, number: int) -> int:
    found = TIME.fullmatch(text)
    if found is None or int(found[2]) > 59 or int(found[3]) > 59:
        raise BadTranscript(f"第 {number} 行的时间“{text[:SHOWN]}”看不懂，应写成 时:分:秒,毫秒，如 00:01:05,250。")
    hours, minutes, seconds = int(found[1] or 0), int(found[2]), int(found[3])
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int(found[4].ljust(3, "0"))


def _in_order(start: int, end: int, before: int, place: str) -> tuple[int, int]:
    if end < start:
        raise BadTranscript(f"{place}的结束时间早于开始时间，请改正后再导入。")
    if start < before:
        raise BadTranscript(f"{place}的开始时间早于前一段，时间不能倒退，请改正后再导入。")
    return start, end


def _segments(text: str) -> Iterator[Cue]:
    """The cues of JSON: a list of {start, end, text} in seconds, alone or under "segments"."""
    try:
        loaded: Any = json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise BadTranscript(f"第 {line} 行不是完整的 JSON，请重新导出。") from error
    found = loaded.get("segments") if isinstance(loaded, dict) else loaded
    if not isinstance(found, list):
        raise BadTranscript("JSON 里没有“segments”列表，每一段应有 start、end（秒）和 text。")
    before = 0
    for number, each in enumerate(found, start=1):
        place = f"第 {number} 段"
        if not isinstance(each, dict) or not isinstance(each.get("text"), str):
            raise BadTranscript(f"{place}没有 text，每一段应有 start、end（秒）和 text。")
        start, end = (_seconds(each.get(name), place) for name in ("start", "end"))
        _in_order(start, end, before, place)
        yield Cue(start, end, _clean(each["text"]))
        before = start


def _seconds(value: Any, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or not 0 <= value < 360_000:
        raise BadTranscript(f"{place}的时间看不懂，start 和 end 应为从录像开始算起的秒数。")
    return round(float(value) * 1000)


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(TAGS.sub("", text))).strip()
