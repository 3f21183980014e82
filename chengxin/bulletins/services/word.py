"""A bulletin as a Word file, from its template. Templates are filled in, never run: nothing but names, loops and conditions works."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from chengxin.bulletins import rules
from chengxin.bulletins.services.charts import ChartSlot

READER = etree.XMLParser(resolve_entities=False, no_network=True)
ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Const, nodes.For, nodes.If, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip
OF_LOOP = ("index", "first", "last", "length")


class BadTemplate(ValueError):
    """The template holds something other than names, loops and conditions; the message says what."""


Columns = tuple[str, ...] | None  # of a list's rows; None: plain texts, or not known
Names = Mapping[str, Columns]


def names_in(told: Mapping[str, Any]) -> dict[str, Columns]:
    """The names a template may use, those of lists with the columns of their rows."""
    return {
        name: tuple(value[0]) if isinstance(value, list) and value and isinstance(value[0], dict) else None
        for name, value in {**told, "中队图": ""}.items()
    }


class Filling(ImmutableSandboxedEnvironment):
    """The sandbox, narrowed: every text that is to be filled in is looked through before anything of it runs.

    With ``known`` every name is checked as well, those of branches that are not taken included.
    """

    def __init__(self, known: Names | None = None) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined)
        self.globals.clear()
        self.filters.clear()
        self.tests.clear()
        self.known = known

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Rows are dictionaries: what is no column of theirs is unknown, whatever else a dictionary may have."""
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        look_through(tree, {}, self.known)
        return tree


def look_through(tree: nodes.Node, loops: Names, known: Names | None) -> None:
    """Raise BadTemplate for calls, filters, assignments, imports, hidden and unknown names, and loops that multiply."""
    if not isinstance(tree, ALLOWED):
        raise BadTemplate(f"用了不支持的写法（{_word_for(tree)}），只能用名称、循环和条件。")
    if isinstance(tree, nodes.Name) and tree.ctx == "load":
        _look_at_name(tree.name, loops, known)
    if isinstance(tree, nodes.Getattr):
        _look_at_attribute(tree, loops)
    if isinstance(tree, nodes.For):
        inner = _look_at_loop(tree, loops, known)
        for child in (tree.iter, *([tree.test] if tree.test else []), *tree.body, *tree.else_):
            look_through(child, loops if child is tree.iter else inner, known)
        return
    for child in tree.iter_child_nodes():
        look_through(child, loops, known)


def _look_at_name(name: str, loops: Names, known: Names | None) -> None:
    if name.startswith("_"):
        raise BadTemplate(f"名称“{name}”不能使用。")
    if known is not None and name not in known and name not in loops and name != "loop":
        raise BadTemplate(f"有系统不认识的名称：“{name}”。请对照“可用的名称”改正。")


def _look_at_attribute(found: nodes.Getattr, loops: Names) -> None:
    if not isinstance(found.node, nodes.Name) or found.attr.startswith("_"):
        raise BadTemplate(f"“.{found.attr}”不能使用：只能写“行.列名”。")
    row, column = found.node.name, found.attr
    if row == "loop":
        if column not in OF_LOOP:
            raise BadTemplate(f"“loop.{column}”不能使用。")
    elif row not in loops:
        raise BadTemplate(f"“{row}.{column}”不能使用：“{row}”不是循环中的行。")
    elif (columns := loops[row]) is not None and column not in columns:
        raise BadTemplate(f"“{row}.{column}”不存在，这份清单的列有：{'、'.join(columns)}。")


def _look_at_loop(loop: nodes.For, loops: Names, known: Names | None) -> dict[str, Columns]:
    """The loops within: each over a named list, and none within another – 2,000 problems times 2,000 would never end."""
    if loop.recursive or not isinstance(loop.target, nodes.Name) or not isinstance(loop.iter, nodes.Name):
        raise BadTemplate("循环只能写成“for 行 in 清单名称”。")
    if loops:
        raise BadTemplate("循环里不能再套循环。")
    return {loop.target.name: (known or {}).get(loop.iter.name)}


def _word_for(tree: nodes.Node) -> str:
    known = {
        nodes.Call: "调用", nodes.Filter: "过滤器", nodes.Assign: "赋值", nodes.Macro: "宏", nodes.Import: "引用", nodes.Include: "引用",
        nodes.FromImport: "引用", nodes.Getitem: "下标", nodes.Block: "块", nodes.Extends: "继承", nodes.Test: "判断函数",
    }  # fmt: skip
    return next((word for kind, word in known.items() if isinstance(tree, kind)), type(tree).__name__)


class Filled(DocxTemplate):  # type: ignore[misc]
    """The library's template without what takes most of its time and we have no use for: its search for tabs and page breaks in texts
    (ours hold none), and its mending of tables with as many columns as there are entries. XML that does not read is refused, not mended.
    """

    def resolve_listing(self, xml: str) -> str:
        return xml

    def fix_tables(self, xml: str) -> Any:
        return etree.fromstring(xml, parser=READER)


def fill(template: bytes, told: Mapping[str, Any], chart: rules.Chart | None, *, known: Names | None = None) -> bytes:
    """The template with a bulletin's content in it. Raises BadTemplate, and jinja2's TemplateError for unknown names."""
    document = Filled(io.BytesIO(template))
    document.init_docx()
    shown = _plain(told)
    shown["中队图"] = ChartSlot(document.docx, chart) if chart is not None else ""
    document.render(shown, Filling(known))
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def _plain(told: Any) -> Any:
    """Texts without characters that XML cannot hold; a line break within a text becomes a space."""
    if isinstance(told, str):
        return told if told.isprintable() else "".join(_letters(told))
    if isinstance(told, Mapping):
        return {name: _plain(value) for name, value in told.items()}
    return [_plain(each) for each in told] if isinstance(told, list) else told


def _letters(text: str) -> Iterator[str]:
    for letter in text:
        if letter in "\n\t\r\f\v\u2028\u2029":
            yield " "
        elif letter.isprintable() or unicodedata.category(letter) in {"Zs", "Cf", "Cn", "Co"}:
            yield letter
