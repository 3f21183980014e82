"""Pure: values of a rule as people edit them: numbers and words in fields, lists and tables as YAML in the rulebook's own form (3.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

MOST_TEXT = 60_000
MOST_NUMBER = 10**12
IDENTITIES = ("code", "slot", "style", "round")


class BadValue(ValueError):
    """What was typed cannot be a value of this rule; the message says where and what to do."""


class _Plain(yaml.SafeLoader):
    """Words stay words: 08:00, 10-01, yes and no are no numbers, days or truths."""

    yaml_implicit_resolvers: dict[str, Any] = {}


_Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|)$"), [*"~n", ""])
_Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), [*"tf"])
_Plain.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), [*"-0123456789"])
_Plain.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?(?:0|[1-9][0-9]*)\.[0-9]+$"), [*"-0123456789"])


def is_plain(value: Any) -> bool:
    """Whether it has a field of its own: a number, a word, a yes or no."""
    return isinstance(value, bool | int | float | str)


def as_text(value: Any) -> str:
    """A list or table as people edit it: one entry a line."""
    if isinstance(value, list):
        return "\n".join("- " + _flow(item) for item in value)
    if isinstance(value, Mapping):
        return "\n".join(f"{_flow(str(key))}: {_flow(item)}" for key, item in value.items())
    return _flow(value)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):  # the database keeps no order of names: what tells entries apart comes first
        value = {key: value[key] for key in sorted(value, key=lambda key: (key not in IDENTITIES, key not in ("title", "text")))}
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=10**9, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...").strip()


def read(text: str, like: Any) -> Any:
    """What was typed, checked against the value in force. Raises BadValue."""
    if len(text) > MOST_TEXT:
        raise BadValue(f"内容有 {len(text)} 字，最多 {MOST_TEXT} 字。")
    try:
        if any(isinstance(token, yaml.AliasToken | yaml.AnchorToken | yaml.TagToken) for token in yaml.scan(text, Loader=_Plain)):
            raise BadValue("不能使用引用和标签（&、*、!），请逐项写出。")
        found = yaml.load(text, Loader=_Plain)
    except yaml.MarkedYAMLError as error:
        where = f"第 {error.problem_mark.line + 1} 行" if error.problem_mark else "这里"
        raise BadValue(f"{where}看不懂，请照原来的格式逐行填写（冒号后面有空格，括号和引号成对）。") from error
    except BadValue:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadValue("看不懂，请照原来的格式逐行填写。") from error
    why = why_not(found, like)
    if why:
        raise BadValue(why)
    return found


def why_not(value: Any, like: Any, title: str = "") -> str:
    """Why a value cannot stand in the place of another: the program works with its shape. Empty when it can."""
    if isinstance(like, bool) or isinstance(value, bool):
        return "" if isinstance(like, bool) and isinstance(value, bool) else f"{title}应填写 true 或 false。"
    if isinstance(like, int | float):
        return _why_not_number(value, like, title)
    if isinstance(like, str):
        if not isinstance(value, str):
            return f'{title}应是文字；数字或日期请加引号，如 "08:00"。'
        return "" if value.strip() or not like.strip() else f"{title}不能为空。"
    if isinstance(like, Mapping):
        return _why_not_table(value, like, title)
    return _why_not_list(value, like, title)


def _why_not_number(value: Any, like: float, title: str) -> str:
    if not isinstance(value, int | float) or (isinstance(like, int) and isinstance(value, float)):
        return f"{title}应是{'整数' if isinstance(like, int) else '数字'}。"
    return "" if 0 <= value <= MOST_NUMBER else f"{title}应在 0 到 {MOST_NUMBER} 之间。"


def _why_not_table(value: Any, like: Mapping[str, Any], title: str) -> str:
    if not isinstance(value, Mapping):
        return f"{title}应逐项写成“名称: 内容”。"
    missing, unknown = [key for key in like if key not in value], [str(key) for key in value if key not in like]
    if missing or unknown:
        wrong = [f"缺少 {'、'.join(missing)}"] * bool(missing) + [f"多出 {'、'.join(unknown)}"] * bool(unknown)
        return f"{title}{'，'.join(wrong)}；名称由程序使用，只能改内容。"
    return next((why for key in like if (why := why_not(value[key], like[key], f"“{key}”"))), "")


def _why_not_list(value: Any, like: list[Any], title: str) -> str:
    if not isinstance(value, list):
        return f"{title}应逐行列出，每行以“- ”开头。"
    if like and not value:
        return f"{title}至少要有一项。"
    if not like:
        return ""
    tables = [each for each in like if isinstance(each, Mapping)]
    if len(tables) != len(like):
        return next((why for n, each in enumerate(value, 1) if (why := why_not(each, like[0], f"第 {n} 项"))), "")
    needed = set(tables[0]).intersection(*tables[1:])
    samples = {key: each[key] for each in reversed(tables) for key in each}
    for n, each in enumerate(value, 1):
        if not isinstance(each, Mapping):
            return f"第 {n} 项应写成 {{名称: 内容, …}}。"
        lacking, unknown = sorted(needed - set(each)), sorted(map(str, set(each) - set(samples)))
        if lacking or unknown:
            return (
                f"第 {n} 项"
                + "，".join([f"缺少 {'、'.join(lacking)}"] * bool(lacking) + [f"多出 {'、'.join(unknown)}"] * bool(unknown))
                + "。"
            )
        why = next((why for key in each if (why := why_not(each[key], samples[key], f"第 {n} 项的“{key}”"))), "")
        if why:
            return why
    return _why_twins(value, tables)


def _why_twins(value: list[Any], like: list[Mapping[str, Any]]) -> str:
    """Entries that were told apart by a code must stay so."""
    name = next((each for each in IDENTITIES if all(each in entry for entry in like)), None)
    if name is None or len({str(entry[name]) for entry in like}) < len(like):
        return ""
    seen: set[str] = set()
    for each in value:
        if str(each[name]) in seen:
            return f"“{each[name]}”出现了两次，请改成不同的代码。"
        seen.add(str(each[name]))
    return ""


def why_not_percent(value: Any, title: str) -> str:
    """A share of more than all is a slip."""
    is_share = "百分比" in title or "%" in title or "比例" in title
    return f"“{title}”最多 100。" if is_share and isinstance(value, int | float) and not isinstance(value, bool) and value > 100 else ""
