"""Transcripts as others write them: read whole, or refused with the line (2.3.2)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chengxin.conduct.rules.transcripts import BadTranscript, Cue, parsed

SRT = "1\n00:00:01,000 --> 00:00:02,500\n您好\n请配合\n\n2\n00:01:05,250 --> 00:01:06,000\n<i>谢谢</i>\n"
VTT = (
    "WEBVTT\n\nNOTE 由机器转写\n\nSTYLE\n::cue {}\n\n"
    "1\n00:01.000 --> 00:02.500 align:start\n<v 队员>您好 &amp; 请配合\n\n01:01:05.250 --> 01:01:06.000\n谢谢\n"
)


def test_srt_and_vtt_and_json_are_read() -> None:
    assert parsed("a.srt", SRT.encode()) == ([Cue(1000, 2500, "您好 请配合"), Cue(65250, 66000, "谢谢")], "srt", "utf-8")
    assert parsed("a.vtt", VTT.encode()) == ([Cue(1000, 2500, "您好 & 请配合"), Cue(3665250, 3666000, "谢谢")], "vtt", "utf-8")
    segments = [{"start": 0, "end": 1.25, "text": " 您好"}, {"start": 1.25, "end": 2, "text": "谢谢"}]
    for content in (segments, {"segments": segments}):
        assert parsed("a.json", json.dumps(content).encode())[:2] == ([Cue(0, 1250, "您好"), Cue(1250, 2000, "谢谢")], "json")


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("gbk", "gb18030"), ("utf-16", "utf-16")]
)
def test_the_encodings_people_have_are_read(encoding: str, told: str) -> None:
    cues, _, name = parsed("a.srt", SRT.replace("\n", "\r\n").encode(encoding))
    assert (cues[0].text, name) == ("您好 请配合", told)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (SRT.replace("00:01:05,250", "00:61:05,250"), "第 7 行的时间“00:61:05,250”看不懂"),
        (SRT.replace("00:00:02,500", "两秒半"), "第 2 行的时间“两秒半”看不懂"),
        (SRT.replace("00:00:02,500", "00:00:00,500"), "第 2 行的结束时间早于开始时间"),
        (SRT.replace("00:01:05,250 --> 00:01:06,000", "00:00:00,250 --> 00:00:01,000"), "第 7 行的开始时间早于前一段"),
        ("您好\n请配合", "第 1 行应为时间"),
        ("1\n00:00:01,000 -> 00:00:02,000\n您好", "第 1 行应为时间"),
        ("WEBVTT\n\n00:01 --> 00:02\n您好", "第 3 行的时间“00:01”看不懂"),
        ("", "没有内容"),
        ("1\n00:00:01,000 --> 00:00:02,000\n\n", "没有内容"),
        ('{"segments": [{"start": 0,\n "end": }]}', "第 2 行不是完整的 JSON"),
        ('{"text": "您好"}', "没有“segments”列表"),
        ('[{"start": 0, "end": 1}]', "第 1 段没有 text"),
        ('[{"start": 0, "end": 1, "text": "好"}, {"start": "1", "end": 2, "text": "好"}]', "第 2 段的时间看不懂"),
        ('[{"start": 2, "end": 1, "text": "好"}]', "第 1 段的结束时间早于开始时间"),
        ('[{"start": 0, "end": NaN, "text": "好"}]', "第 1 段的时间看不懂"),
        ("[" * 100_000, "不是完整的 JSON"),
    ],
)
def test_what_is_broken_is_refused_with_its_line(content: str, message: str) -> None:
    with pytest.raises(BadTranscript, match=message):
        parsed("a.srt", content.encode())


def test_bytes_of_no_encoding_are_refused_with_their_line() -> None:
    with pytest.raises(BadTranscript, match="第 3 行的文字编码无法识别"):
        parsed("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\n\xff\xff\xff\n")
    with pytest.raises(BadTranscript, match="空字符"):
        parsed("a.srt", b"1\n\0\0\n")


def written(cues: list[Cue]) -> str:
    def time(ms: int) -> str:
        return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"

    return "\n".join(f"{n}\n{time(cue.start_ms)} --> {time(cue.end_ms)}\n{cue.text}\n" for n, cue in enumerate(cues, start=1))


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**4), st.text(st.sampled_from("您好谢谢请配合a1"), min_size=1)), min_size=1)
)
def test_what_is_written_is_read_again(rows: list[tuple[int, int, str]]) -> None:
    cues = [Cue(start, start + length, text) for start, length, text in sorted(rows)]
    for encoding in ("utf-8", "gb18030"):
        assert parsed("a.srt", written(cues).encode(encoding))[0] == cues


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(content: bytes) -> None:
    try:
        cues = parsed("a.srt", content)[0]
    except BadTranscript:
        return
    assert all(cue.start_ms <= cue.end_ms for cue in cues)
