"""1,000 phrases in 10 MB of transcript, by character and by sound, against the finder alone on codes already made."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Result, interleaved, result
from chengxin.conduct.rules.scanning import PROHIBITED, Phrase, Scanner, sounds
from chengxin.conduct.rules.transcripts import Cue

PHRASES, MEGABYTES, CUE, ROUNDS, GAP_MS = 1_000, 10, 24, 5, 5_000
GOAL_MB_S, GOAL_MB = 10, 300
# the most of this very program: what getrusage tells begins with the most of who started it
MEMORY = """import re, sys
sys.path.insert(0, {root!r})
from bench import scan
scan.once()
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])"""


def run() -> Iterator[Result]:
    yield speed()
    yield memory()


def speed() -> Result:
    """Megabytes a second of processor time from cues in hand to hits with their places; the ratio is to the goal of 10 MB/s.

    The limit shown is the finder's own pass over codes, without making them and without placing the hits.
    """
    cues, size = transcript()
    scanner = Scanner(phrases(), homophones_from={PROHIBITED: 3})
    codes = sounds("".join(cue.text for cue in cues))
    found = len(scanner.scan(cues, gap_ms=GAP_MS))
    assert found >= PHRASES, found  # every phrase was planted once

    def whole() -> float:
        start = time.process_time()
        scanner.scan(cues, gap_ms=GAP_MS)
        return size / (time.process_time() - start)

    def alone() -> float:
        start = time.process_time()
        for _ in scanner.automaton.iter(codes):
            pass
        return size / (time.process_time() - start)

    taken, limit = interleaved(ROUNDS, whole, alone)
    return result(f"scan of {PHRASES:,} phrases in {MEGABYTES} MB", taken, "MB/s", limit, "≥ 1", ratio=taken / GOAL_MB_S)


def memory() -> Result:
    """The most memory of a process of its own that makes the transcript and the phrases and scans once, in megabytes."""
    root = str(Path(__file__).resolve().parents[1])
    printed = subprocess.run([sys.executable, "-c", MEMORY.format(root=root)], check=True, capture_output=True, text=True).stdout
    most = int(printed) / 1024
    return result(f"memory of a scan of {MEGABYTES} MB", most, "MB", GOAL_MB, "≤ 1")


def once() -> None:
    """One whole scan, for the measure of memory."""
    cues, _ = transcript()
    Scanner(phrases(), homophones_from={PROHIBITED: 3}).scan(cues, gap_ms=GAP_MS)


def common() -> list[str]:
    """The 3,755 characters of the first level of GB 2312."""
    every = (bytes([high, low]) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    return [each.decode("gb2312") for each in every if each < b"\xd7\xfa"]


def phrases() -> list[Phrase]:
    chance, letters = random.Random(7), common()
    made = {"".join(chance.choices(letters, k=chance.randint(3, 10))) for _ in range(PHRASES + 10)}
    return [Phrase.of(text, PROHIBITED, "x") for text in sorted(made)[:PHRASES]]


def transcript() -> tuple[list[Cue], float]:
    """Random speech with every phrase in it once, in cues of a few seconds; its size in megabytes of UTF-8."""
    chance, letters = random.Random(11), common()
    count = MEGABYTES * 1_000_000 // 3 // CUE
    texts = ["".join(chance.choices(letters, k=CUE - 1)) + "，" for _ in range(count)]
    for each, at in zip(phrases(), chance.sample(range(count), PHRASES), strict=True):
        texts[at] = (each.text + texts[at])[:CUE]
    cues = [Cue(at * 3000, at * 3000 + 2900, text) for at, text in enumerate(texts)]
    return cues, sum(len(text.encode()) for text in texts) / 1_000_000
