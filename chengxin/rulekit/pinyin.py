"""Pinyin of Chinese text. The library reads its dictionaries, a quarter of a second, when it is first asked: most commands never do."""

from __future__ import annotations


def syllables(text: str) -> list[str]:
    """One for each character, without tones; what is not Chinese stays as it is."""
    from pypinyin import lazy_pinyin

    return lazy_pinyin(text)


def toned(text: str) -> list[str]:
    """The same with the tone as a number, 5 for the neutral one ("zhang1")."""
    from pypinyin import Style, lazy_pinyin

    return lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True)
