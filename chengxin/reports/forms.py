from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import forms

from chengxin.core import clock
from chengxin.reports import rules
from chengxin.ui.forms import DateInput, Form

AREA = forms.Textarea({"rows": 3})


class YearForm(Form):
    year = forms.IntegerField(label="年度")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].error_messages["invalid"] = "“年度”请填写四位年份，例如 2026。"


class MeasureForm(Form):
    """A measure of next year: what, whose, by when."""

    clause = forms.ChoiceField(label="条款")
    text = forms.CharField(label="措施", widget=AREA, max_length=2000)
    unit = forms.ChoiceField(label="责任单位")
    due_on = forms.DateField(label="完成期限", widget=DateInput())

    def __init__(self, *args: Any, clauses: list[tuple[str, str]], units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clause"].choices = clauses  # type: ignore[attr-defined]
        self.fields["unit"].choices = [("", "请选择"), *units]  # type: ignore[attr-defined]


class CarryForm(Form):
    """Who answers for the chosen matters, and why they are still open."""

    responsible = forms.CharField(label="责任人", max_length=80, help_text="工号或姓名；下年度由他负责办结。")
    reason = forms.CharField(label="理由和下步安排", widget=AREA, max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["responsible"].widget.attrs |= {"list": "person-suggestions", "autocomplete": "off"}


class IssueForm(Form):
    document_number = forms.CharField(label="发文字号", max_length=60, help_text="由局编号，例如 城管〔2027〕3号。")


class ErratumForm(Form):
    text = forms.CharField(label="勘误", widget=AREA, max_length=500, help_text="写明哪一处有误、应为什么；定稿的数字不变，勘误印在后面。")


class ExportForm(Form):
    since = forms.DateField(label="从", widget=DateInput())
    until = forms.DateField(label="到", widget=DateInput())
    recipient = forms.CharField(label="调取单位", max_length=80)
    reason = forms.CharField(label="依据和理由", widget=AREA, max_length=200, help_text="例如来函文号、监督事项。")


class DecisionForm(Form):
    granted = forms.ChoiceField(label="决定", choices=[("yes", "同意"), ("no", "不同意")], widget=forms.RadioSelect())
    note = forms.CharField(label="意见", max_length=200, required=False)


def day_of(text: str | None, default: dt.date) -> dt.date:
    """A day as an address gives it; the default for none or for what is no day."""
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return default


def span_of(since: str | None, until: str | None, days: int) -> tuple[dt.date, dt.date]:
    """A span as an address gives it: the last days up to today unless it says otherwise, never backwards, at most three years."""
    ends = min(day_of(until, clock.today()), clock.today())
    begins = day_of(since, ends - dt.timedelta(days=days - 1))
    return max(min(begins, ends), ends - dt.timedelta(days=1096)), ends


def narrowed(given: Mapping[str, str]) -> dict[str, Any]:
    """Which of an indicator's facts an address asks for; what it asks wrongly is not asked."""
    unit, person_class = given.get("unit", ""), given.get("class", "")
    known_unit = unit == "none" or (unit.isdecimal() and unit.isascii() and len(unit) < 10)
    return {
        "unit": unit if known_unit else "", "person_class": person_class if person_class in rules.CLASSES else "",
        "good": {"1": True, "0": False}.get(given.get("good", "")),
    }  # fmt: skip
