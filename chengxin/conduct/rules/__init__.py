"""Pure: what is to be said in each scene, what is never said, how a recording is scored (2.3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chengxin.conduct.rules.scanning import PROHIBITED, REQUIRED, Phrase, PhraseTooShort, plain

SCENES = ("patrol", "enforcement", "service")
DRAFT, FINAL = "draft", "final"
SHEET_STATES = {DRAFT: "草稿", FINAL: "已提交"}
WAITING, CONFIRMED, DISMISSED = "waiting", "confirmed", "dismissed"
MOMENT_STATES = {WAITING: "待观看", CONFIRMED: "属实", DISMISSED: "不属实"}
MISSING = "missing"
MOMENT_KINDS = {PROHIBITED: "疑似禁语", MISSING: "未听到必备要素"}
IMPROVED, REPEATED = "improved", "repeated"
OUTCOMES = {IMPROVED: "已改进", REPEATED: "再次出现"}
TOO_FEW = "样本不足"
MOST_MS = 100 * 3600 * 1000  # no recording is longer


class Misfit(ValueError):
    """What in the rule data or on a sheet does not fit; the message says what to put right."""


@dataclass(frozen=True)
class Element:
    """A part that belongs into the scene's wording, and the ways of saying it that count."""

    code: str
    title: str
    wordings: tuple[str, ...]


@dataclass(frozen=True)
class Scene:
    """One of the plan's scenes: the prescribed wording verbatim, its required elements, further wording that helps."""

    code: str
    title: str
    prescribed: str
    elements: tuple[Element, ...]
    recommended: tuple[str, ...]


@dataclass(frozen=True)
class Word:
    """Something never said, and the catalogue entry of 2.3.2 it would be."""

    text: str
    entry: str


@dataclass(frozen=True)
class ConductPolicy:
    """The phrase norms of a day. ``homophones_from``: the fewest characters from which a phrase is also found by sound, by kind;
    ``gap_ms``: what lies further apart than this was not said in one breath.
    """

    scenes: tuple[Scene, ...]
    words: tuple[Word, ...]
    homophones_from: Mapping[str, int]
    gap_ms: int
    version: str
    simulated: bool = False

    def scene(self, code: str) -> Scene | None:
        return next((each for each in self.scenes if each.code == code), None)

    def phrases(self) -> list[Phrase]:
        """Everything to listen for; one wording is one phrase however many scenes ask for it. Raises Misfit for one character."""
        wanted = {(REQUIRED, text, element.code) for scene in self.scenes for element in scene.elements for text in element.wordings}
        wanted |= {(PROHIBITED, word.text, word.entry) for word in self.words}
        try:
            return [Phrase.of(text, kind, code) for kind, text, code in sorted(wanted)]
        except PhraseTooShort as error:
            raise Misfit(str(error)) from error


@dataclass(frozen=True)
class Criterion:
    """One line of the score sheet."""

    code: str
    title: str
    points: int
    group: str


@dataclass(frozen=True)
class SheetPolicy:
    """The score sheet of a day, and how many later recordings are looked at after a coaching."""

    criteria: tuple[Criterion, ...]
    follow_ups: int
    version: str
    simulated: bool = False

    @property
    def full(self) -> int:
        return sum(each.points for each in self.criteria)


def conduct_policy(values: Mapping[str, Any], titles: Mapping[str, str], version: str, *, simulated: bool = False) -> ConductPolicy:
    """The typed norms of a version of conduct.phrases. Raises Misfit for a phrase of one character."""
    scenes = tuple(
        Scene(
            code, titles.get(code, code), values[code],
            tuple(_elements(values["elements"], values["required"][code])),
            tuple(values["recommended"].get(code, ())),
        )
        for code in SCENES
    )  # fmt: skip
    words = tuple(Word(each["text"], each["entry"]) for each in values["prohibited_words"])
    policy = ConductPolicy(scenes, words, dict(values["homophones_from"]), values["gap_seconds"] * 1000, version, simulated=simulated)
    policy.phrases()
    return policy


def _elements(known: Iterable[Mapping[str, str]], wordings: Mapping[str, Sequence[str]]) -> Iterator[Element]:
    """The elements of a scene in the order in which they are said, which only a list keeps."""
    for each in known:
        if each["code"] in wordings:
            yield Element(each["code"], each["title"], tuple(wordings[each["code"]]))


def sheet_policy(values: Mapping[str, Any], version: str, *, simulated: bool = False) -> SheetPolicy:
    """The typed sheet of a version of conduct.sheet."""
    return SheetPolicy(tuple(Criterion(**each) for each in values["criteria"]), values["follow_ups"], version, simulated=simulated)


# --- the sheet ---


def score(criteria: Iterable[Criterion], marks: Mapping[str, Any]) -> int:
    """The points of a whole sheet. Raises Misfit naming the line that is empty or out of its range."""
    total = 0
    for each in criteria:
        points = marks.get(each.code)
        if points is None:
            raise Misfit(f"“{each.title}”还没有评分，请填 0 到 {each.points}。")
        if not 0 <= points <= each.points:
            raise Misfit(f"“{each.title}”应在 0 到 {each.points} 分之间。")
        total += points
    return total


def corrected(marks: Mapping[str, int], corrections: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The points of each line after the corrections, in their order."""
    return {**marks, **dict(corrections)}


def why_not_review(
    *, person: int | None, unit: int | None, of_person: int | None, units: Iterable[int | None]
) -> str:  # fmt: skip
    """Why somebody must not review a recording (回避), or "": one's own, or of the own unit then or now."""
    if person is not None and person == of_person:
        return "不能评查本人的影像，请由其他单位的人员评查。"
    if unit is not None and unit in set(units):
        return "不能评查本单位人员的影像（回避），请由其他单位的人员评查。"
    return ""


MOMENT = re.compile(r"(?:(\d{1,2})[:：])?(\d{1,3})[:：](\d{1,2})")


def moment_ms(text: str) -> int:
    """A moment of a film as people type it, "1:05" or "1:02:05", in milliseconds. Raises Misfit."""
    found = MOMENT.fullmatch(text.strip())
    if found is None or int(found[3]) > 59 or (found[1] and int(found[2]) > 59):
        raise Misfit("时间请写成 分:秒 或 时:分:秒，如 1:05。")
    return ((int(found[1] or 0) * 60 + int(found[2])) * 60 + int(found[3])) * 1000


def moment_text(at_ms: int) -> str:
    """The same, written."""
    hours, rest = divmod(at_ms // 1000, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


# --- what was heard ---


def missing(scene: Scene, heard: Iterable[str]) -> list[Element]:
    """The required elements nobody heard, in the scene's order."""
    there = set(heard)
    return [each for each in scene.elements if each.code not in there]


# --- after a coaching ---


def outcome_of(results: Sequence[bool | None]) -> str:
    """What the later recordings of a person say: True for one with a finding, False for one without, None for one nobody could judge.

    "" where none could be judged.
    """
    judged = [each for each in results if each is not None]
    if not judged:
        return ""
    return REPEATED if any(judged) else IMPROVED


@dataclass(frozen=True)
class Rate:
    """Sampled recordings of a group without a finding, and how many there were (1)."""

    label: str
    good: int
    n: int
    least: int

    @property
    def text(self) -> str:
        return f"{100 * self.good / self.n:.1f}%" if self.n >= max(1, self.least) else TOO_FEW


__all__ = ["PROHIBITED", "REQUIRED", "Phrase", "plain"]
