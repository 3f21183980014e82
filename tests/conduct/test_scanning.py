"""Phrases found by their characters and by their sound, and how often where nothing was said (2.3.2)."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin, pinyin

from chengxin.conduct import rules
from chengxin.conduct.rules.scanning import PROHIBITED, REQUIRED, Hit, Phrase, PhraseTooShort, Scanner, plain, sound_class, sounds
from chengxin.conduct.rules.transcripts import Cue
from chengxin.rulebook.rules import packaged_values
from tests.cases import cases

GAP_MS = 5000
HOUSE = Path(__file__).resolve().parents[2] / "chengxin"


def policy() -> rules.ConductPolicy:
    values = packaged_values("conduct.phrases")
    return rules.conduct_policy(values.values, {}, values.version)


def scanner() -> Scanner:
    known = policy()
    return Scanner(known.phrases(), homophones_from=known.homophones_from)


def heard(*texts: str, among: Scanner | None = None) -> list[Hit]:
    cues = [Cue(at * 1000, at * 1000 + 900, text) for at, text in enumerate(texts)]
    return (among or scanner()).scan(cues, gap_ms=GAP_MS)


def common_characters() -> list[str]:
    """The 3,755 characters of the first level of GB 2312."""
    found = []
    for high in range(0xB0, 0xD8):
        for low in range(0xA1, 0xFF):
            try:
                found.append(bytes([high, low]).decode("gb2312"))
            except UnicodeDecodeError:
                continue
    return found


def slips(count: int, *, rare: bool = False) -> list[tuple[str, str]]:
    """Prescribed phrases with one character replaced by another of the same or a confused sound, as people and machines slip: a
    character as it is mostly read, or (``rare``) in any reading that a dictionary knows.
    """
    alike: dict[str, list[str]] = defaultdict(list)
    for character in common_characters():
        readings = pinyin(character, style=Style.NORMAL, heteronym=rare)[0]
        for each in {sound_class(reading) for reading in readings}:
            alike[each].append(character)
    phrases = sorted({text for scene in policy().scenes for element in scene.elements for text in element.wordings})
    chance, made = random.Random(23), set()
    while len(made) < count:
        text = chance.choice(phrases)
        at = chance.randrange(len(text))
        # the sound a character has in its phrase, not the one it mostly has
        others = [each for each in alike[sound_class(lazy_pinyin(text)[at])] if each != text[at]]
        if others:
            made.add((text, text[:at] + chance.choice(others) + text[at + 1 :]))
    return sorted(made)


def test_at_least_290_of_300_slips_of_the_prescribed_phrases_are_found() -> None:
    ready = scanner()
    found = [phrase in {hit.phrase.text for hit in heard(f"今天{slip}。", among=ready)} for phrase, slip in slips(300)]
    assert len(found) == 300
    assert sum(found) >= 290, f"{sum(found)} of 300"


def test_of_300_slips_in_any_reading_of_a_dictionary_at_least_200_are_found() -> None:
    """Text has one sound a character; one that a dictionary also reads otherwise, mostly long ago (硫 as chú), is not found that way."""
    ready = scanner()
    found = [phrase in {hit.phrase.text for hit in heard(f"今天{slip}。", among=ready)} for phrase, slip in slips(300, rare=True)]
    assert 200 <= sum(found) <= 300, f"{sum(found)} of 300"


def test_on_the_texts_of_this_house_the_sound_adds_nothing() -> None:
    """Some 60,000 characters of real Chinese – every screen and message of the other rooms: no phrase is heard by its sound alone."""
    sources = [path for suffix in ("*.py", "*.html") for path in sorted(HOUSE.rglob(suffix)) if "conduct" not in path.parts]
    texts = [text for path in sources for text in re.findall(r"[\u4e00-\u9fff，。；：、？！“”]{4,}", path.read_text(encoding="utf-8"))]
    assert sum(map(len, texts)) > 50_000
    assert [hit.heard for hit in heard(*texts) if not hit.is_exact] == []


def test_what_the_sound_adds_on_neutral_text_is_known() -> None:
    """Among 200,000 common characters in random order the sound adds fewer than 60 nominations: fewer than 3 in 10,000 characters.

    Prohibited phrases alone, which people have to watch, are at most 2 of them.
    """
    chance, common = random.Random(5), common_characters()
    text = [Cue(at * 1000, at * 1000 + 900, "".join(chance.choices(common, k=20))) for at in range(10_000)]
    hits = scanner().scan(text, gap_ms=GAP_MS)
    extra = [hit for hit in hits if not hit.is_exact]
    assert len(hits) - len(extra) <= 1
    assert len(extra) < 60, len(extra)
    assert sum(hit.phrase.kind == PROHIBITED for hit in extra) <= 2


@pytest.mark.parametrize("case", cases("conduct"), ids=lambda case: case["事"])
def test_a_case(case: dict[str, object]) -> None:
    hits = heard(*case["听到"])  # type: ignore[misc]
    assert sorted({hit.phrase.text for hit in hits if hit.phrase.kind == PROHIBITED}) == sorted(case["禁语"])  # type: ignore[call-overload]
    scene = policy().scene(str(case["场景"]))
    assert scene is not None
    missing = rules.missing(scene, [hit.phrase.code for hit in hits if hit.phrase.kind == REQUIRED])
    assert [element.title for element in missing] == case["缺少"]


@pytest.mark.parametrize(
    ("one", "other"), [("zhi", "zi"), ("chang", "can"), ("shen", "seng"), ("lan", "nang"), ("xin", "xing"), ("liang", "nian"), ("lv", "nv")]
)
def test_syllables_that_are_mixed_up_are_one_class(one: str, other: str) -> None:
    assert sound_class(one) == sound_class(other)


@pytest.mark.parametrize(("one", "other"), [("ba", "pa"), ("fu", "hu"), ("dong", "don"), ("ji", "qi"), ("zi", "ci")])
def test_others_are_not(one: str, other: str) -> None:
    assert sound_class(one) != sound_class(other)


def test_a_phrase_of_one_character_is_refused() -> None:
    for text in ("滚", "滚！", " 滚 ", ""):
        with pytest.raises(PhraseTooShort, match="只有一个字"):
            Phrase.of(text, PROHIBITED, "conduct.insult")
    with pytest.raises(PhraseTooShort, match="至少 2 个字"):
        Scanner([Phrase("滚", PROHIBITED, "conduct.insult")], homophones_from={})
    values = packaged_values("conduct.phrases").values
    with pytest.raises(rules.Misfit, match="只有一个字"):
        rules.conduct_policy({**values, "prohibited_words": [{"text": "滚", "entry": "conduct.insult"}]}, {}, "x")


def test_a_phrase_may_run_over_cues_but_not_over_a_silence() -> None:
    ready = scanner()
    together = [Cue(0, 900, "少"), Cue(1000, 1900, "废话")]
    (hit,) = ready.scan(together, gap_ms=GAP_MS)
    assert (hit.first, hit.last, hit.heard, hit.is_exact) == (0, 1, "少废话", True)
    assert ready.scan([Cue(0, 900, "少"), Cue(6000, 6900, "废话")], gap_ms=GAP_MS) == []
    assert ready.scan([], gap_ms=GAP_MS) == []


def test_a_short_prohibited_phrase_is_found_to_the_character_only() -> None:
    assert [hit.phrase.text for hit in heard("你滚开")] == ["滚开"]
    assert heard("一根棍开") == []
    assert [hit.is_exact for hit in heard("您好，宁号")] == [True, False]


def test_a_character_with_several_readings_is_found_in_the_reading_of_its_phrase() -> None:
    ready = Scanner([Phrase.of("银行排队", PROHIBITED, "x")], homophones_from={PROHIBITED: 3})
    assert heard("银航排队", among=ready)  # háng, while 行 alone is mostly xíng
    assert heard("银行排队", among=ready)[0].is_exact


PHRASES = st.text(st.sampled_from("我们是城管执法人员您好请出示证件少废话"), min_size=2, max_size=6)


@settings(deadline=None)  # the first text makes the table of sounds
@given(
    st.lists(PHRASES, min_size=1, max_size=8, unique=True),
    st.text(st.sampled_from("我们是城管执法人员您好请出示证件少废话，。 a"), max_size=60),
)
def test_exact_hits_are_exactly_where_the_characters_stand(phrases: list[str], text: str) -> None:
    ready = Scanner([Phrase.of(each, PROHIBITED, "x") for each in phrases], homophones_from={PROHIBITED: 2})
    spoken = plain(text)
    wanted = sorted(
        (at + len(phrase) - 1, phrase) for phrase in phrases for at in range(len(spoken)) if spoken.startswith(phrase, at)
    )  # fmt: skip
    hits = ready.scan([Cue(0, 1, text)], gap_ms=GAP_MS)
    assert sorted(hit.phrase.text for hit in hits if hit.is_exact) == sorted(phrase for _, phrase in wanted)
    assert all(sounds(hit.heard) in {sounds(hit.phrase.text)} or not hit.is_exact for hit in hits)


@settings(deadline=None)  # the first text makes the table of sounds
@given(st.lists(st.text(st.sampled_from("少废话我们，。"), max_size=5), max_size=12))
def test_how_a_text_is_cut_into_cues_changes_no_hit(parts: list[str]) -> None:
    ready = scanner()
    whole = ready.scan([Cue(0, 1, "".join(parts))], gap_ms=GAP_MS)
    cut = ready.scan([Cue(at, at + 1, part) for at, part in enumerate(parts)], gap_ms=GAP_MS)
    assert [(hit.phrase, hit.heard, hit.is_exact) for hit in whole] == [(hit.phrase, hit.heard, hit.is_exact) for hit in cut]


def test_the_prescribed_wording_of_each_scene_has_all_its_elements() -> None:
    for scene in policy().scenes:
        hits = heard(scene.prescribed)
        assert rules.missing(scene, [hit.phrase.code for hit in hits if hit.phrase.kind == REQUIRED]) == []
        assert [hit for hit in hits if hit.phrase.kind == PROHIBITED] == []
