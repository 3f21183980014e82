"""Phrases found in a transcript by their characters and by their sound, in one pass over codes of syllables (2.3.2).

Every character becomes one code of its syllable without its tone, with those syllables made one that speech recognition and people
of the region mix up: zh/z, ch/c, sh/s, n/l at the front, -ng/-n after a, e and i at the end. A phrase is looked for among the codes;
whether it stands there to the character is told beside it. A hit nominates a moment for a person to watch, and nothing else.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise

import ahocorasick

from chengxin.conduct.rules.transcripts import Cue
from chengxin.rulekit import pinyin

REQUIRED, PROHIBITED = "required", "prohibited"
LEAST = 2  # characters of a phrase
FIRST, LAST = 0x4E00, 0x9FA5
CODES_FROM = 0xE000  # private use: no character of a text stands there
BREAK = "\ue7ff"  # between what was not said in one breath; no phrase holds it
INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n"))
FINALS = ("ang", "eng", "ing")
MUTE = frozenset("PZCS")  # punctuation, spaces, control and other signs say nothing
RANGES = ((0x0, 0x3100), (0xFE10, 0xFFF0))


class PhraseTooShort(ValueError):
    """One character is no phrase: it would be found everywhere."""


@dataclass(frozen=True)
class Phrase:
    """Something to listen for. ``code`` says what it stands for: a required element, or an entry of the catalogue."""

    text: str
    kind: str
    code: str

    @classmethod
    def of(cls, text: str, kind: str, code: str) -> Phrase:
        """Raises PhraseTooShort for fewer than two characters that are spoken."""
        if len(plain(text)) < LEAST:
            raise PhraseTooShort(f"“{text}”只有一个字，几乎处处都会命中；词语至少 {LEAST} 个字。")
        return cls(text, kind, code)


@dataclass(frozen=True)
class Hit:
    """A phrase where it was heard: from one cue to another, as it stands there, to the character or by its sound."""

    phrase: Phrase
    first: int
    last: int
    heard: str
    is_exact: bool


def sound_class(syllable: str) -> str:
    """The class of a syllable without its tone: those that are mixed up are one."""
    for initial, other in INITIALS:
        if syllable.startswith(initial):
            syllable = other + syllable[len(initial) :]
            break
    return syllable[:-1] if syllable.endswith(FINALS) else syllable


@lru_cache(maxsize=1)
def _classes() -> dict[str, str]:
    """The code of each class that some character has."""
    known = sorted({sound_class(pinyin.syllables(chr(point))[0]) for point in range(FIRST, LAST + 1)})
    return {name: chr(CODES_FROM + number) for number, name in enumerate(known)}


@lru_cache(maxsize=1)
def _spoken() -> dict[int, str | None]:
    """What of a text is spoken: signs go, letters are small and of half width."""
    table: dict[int, str | None] = {}
    for begin, end in RANGES:
        for point in range(begin, end):
            letter = chr(point)
            small = unicodedata.normalize("NFKC", letter).lower()
            if unicodedata.category(letter)[0] in MUTE:
                table[point] = None
            elif len(small) == 1 and small != letter:
                table[point] = small
    return table | dict.fromkeys(range(CODES_FROM, CODES_FROM + 0x800))


@lru_cache(maxsize=1)
def _sounds() -> dict[int, str | None]:
    """The same with each character as the code of its class."""
    classes = _classes()
    return _spoken() | {point: classes[sound_class(pinyin.syllables(chr(point))[0])] for point in range(FIRST, LAST + 1)}


def plain(text: str) -> str:
    """A text as it is compared: what is spoken alone."""
    return text.translate(_spoken())


def sounds(text: str) -> str:
    """A text as codes of syllable classes, one a character that is spoken."""
    return text.translate(_sounds())


def _readings(text: str) -> list[str]:
    """The codes of a phrase, and those in which one character is read as the phrase asks and not as it is mostly read."""
    usual, spoken = sounds(text), plain(text)
    asked = pinyin.syllables(spoken)
    if len(asked) != len(spoken):
        return [usual]
    classes = _classes()
    others = [classes.get(sound_class(each), code) for each, code in zip(asked, usual, strict=True)]
    return [usual, *(usual[:at] + code + usual[at + 1 :] for at, code in enumerate(others) if code != usual[at])]


class Scanner:
    """Phrases made ready to be found. ``homophones_from``: the fewest characters from which a phrase of a kind is found by sound too."""

    def __init__(self, phrases: Sequence[Phrase], *, homophones_from: Mapping[str, int]) -> None:
        self._at_least = dict(homophones_from)
        self._found: list[list[tuple[Phrase, str]]] = []
        self.automaton = ahocorasick.Automaton(ahocorasick.STORE_INTS)
        numbers: dict[str, int] = {}
        for phrase in phrases:
            spoken = plain(phrase.text)
            if len(spoken) < LEAST:
                raise PhraseTooShort(f"“{phrase.text}”只有一个字，几乎处处都会命中；词语至少 {LEAST} 个字。")
            for codes in _readings(phrase.text):
                number = numbers.setdefault(codes, len(numbers))
                if number == len(self._found):
                    self._found.append([])
                    self.automaton.add_word(codes, number)
                self._found[number].append((phrase, spoken))
        if numbers:
            self.automaton.make_automaton()

    def scan(self, cues: Sequence[Cue], *, gap_ms: int) -> list[Hit]:
        """Every phrase in the order in which it ends. A phrase may run over cues that follow one another within ``gap_ms``."""
        if not self._found or not cues:
            return []
        table = _sounds()
        pieces = [cue.text.translate(table) for cue in cues]
        for at, (cue, following) in enumerate(pairwise(cues)):
            if following.start_ms - cue.end_ms > gap_ms:
                pieces[at] += BREAK
        heard = _Heard(cues, list(accumulate(map(len, pieces))))
        return [hit for end, number in self.automaton.iter("".join(pieces)) for hit in self._hits(heard, end, number)]

    def _hits(self, heard: _Heard, end: int, number: int) -> list[Hit]:
        made = []
        for phrase, spoken in self._found[number]:
            first, last, text = heard.between(end + 1 - len(spoken), end)
            if (is_exact := text == spoken) or len(spoken) >= self._at_least.get(phrase.kind, LEAST):
                made.append(Hit(phrase, first, last, text, is_exact))
        return made


class _Heard:
    """Where a stretch of codes stands in the cues."""

    def __init__(self, cues: Sequence[Cue], ends: list[int]) -> None:
        self._cues, self._ends = cues, ends
        self._plain: dict[int, str] = {}

    def between(self, start: int, end: int) -> tuple[int, int, str]:
        """The first and the last cue of a stretch (both ends included), and what stands there."""
        first, last = bisect_right(self._ends, start), bisect_right(self._ends, end)
        begins = self._ends[first - 1] if first else 0
        text = "".join(self._spoken(at) for at in range(first, last + 1))
        return first, last, text[start - begins : end + 1 - begins]

    def _spoken(self, at: int) -> str:
        if at not in self._plain:
            self._plain[at] = plain(self._cues[at].text)
        return self._plain[at]
