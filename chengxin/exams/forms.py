from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.exams import rules
from chengxin.ui.forms import Form

LINES = 8


class MomentField(forms.DateTimeField):
    """A moment to the minute, as browsers write it."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"], **kwargs)
        self.error_messages["invalid"] = f"“{self.label}”请写成 2026-09-30 09:00 这样的时间。"


class ItemForm(Form):
    """An item as people write it; what is wrong with it is said beside the field."""

    kind = forms.ChoiceField(label="题型", choices=list(rules.KINDS.items()))
    clause = forms.ChoiceField(label="条款")
    difficulty = forms.ChoiceField(label="难度", choices=list(rules.DIFFICULTIES.items()), initial="2")
    stem = forms.CharField(label="题干", widget=forms.Textarea({"rows": 3}), max_length=1000)
    options = forms.CharField(
        label="选项", widget=forms.Textarea({"rows": 5}), max_length=2000, required=False,
        help_text="单选、多选每行一个选项，按 A、B、C… 的次序；判断、填空不填。",
    )  # fmt: skip
    answer = forms.CharField(
        label="答案",
        max_length=400,
        help_text="单选写一个字母，多选写几个字母（如 ACD），判断写“对”或“错”，填空写可接受的答案（用“|”隔开）。",
    )
    explanation = forms.CharField(label="解析", widget=forms.Textarea({"rows": 3}), max_length=1000, required=False)

    def __init__(self, *args: Any, clauses: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clause"].choices = clauses  # type: ignore[attr-defined]


class ReasonForm(Form):
    reason = forms.CharField(label="理由", max_length=200)


class ExamForm(Form):
    """``key`` makes a second sending of the same form the same exam. The blueprint's lines are read beside it."""

    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    title = forms.CharField(label="名称", max_length=80)
    clause = forms.ChoiceField(label="所属活动")
    units = forms.TypedMultipleChoiceField(
        label="单位", coerce=int, widget=forms.CheckboxSelectMultiple(), help_text="含下级；开考日在册、应着装的人员（含协管）都应考。"
    )
    opens_at = MomentField(label="开始")
    closes_at = MomentField(label="截止")
    minutes = forms.IntegerField(label="答题时长（分钟）", min_value=1)
    make_up_opens_at = MomentField(label="补考开始", required=False, help_text="缺考和未合格的人员参加；补考截止后才公布答案。")
    make_up_closes_at = MomentField(label="补考截止", required=False)

    def __init__(self, *args: Any, clauses: list[tuple[str, str]], units: list[tuple[str, str]], minutes: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clause"].choices = clauses  # type: ignore[attr-defined]
        self.fields["units"].choices = units  # type: ignore[attr-defined]
        tomorrow = clock.today() + dt.timedelta(days=1)
        self.initial = {
            "opens_at": clock.at(tomorrow, 9), "closes_at": clock.at(tomorrow, 18), "minutes": minutes, "units": [pk for pk, _ in units],
            **self.initial,
        }  # fmt: skip

    def make_up(self) -> tuple[dt.datetime, dt.datetime] | None:
        """The make-up's window; None when there is none. Raises DomainError for half a window."""
        given = self.cleaned_data["make_up_opens_at"], self.cleaned_data["make_up_closes_at"]
        if bool(given[0]) != bool(given[1]):
            missing = "make_up_closes_at" if given[0] else "make_up_opens_at"
            raise DomainError("half_make_up", "补考的开始和截止要么都填，要么都不填。", field=missing)
        return given if given[0] else None


class MakeUpForm(Form):
    opens_at = MomentField(label="补考开始")
    closes_at = MomentField(label="补考截止")


class PersonForm(Form):
    person = forms.CharField(label="人员", max_length=80, help_text="工号或姓名。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].widget.attrs |= {"list": "person-suggestions", "autocomplete": "off"}


class ObjectForm(Form):
    text = forms.CharField(label="理由", widget=forms.Textarea({"rows": 4}), max_length=500, help_text="写明这道题哪里不对、依据是什么。")


class DecisionForm(Form):
    voided = forms.ChoiceField(
        label="决定",
        choices=[("yes", "异议成立，题目作废，全部有该题的试卷按满分重算"), ("no", "异议不成立，题目有效")],
        widget=forms.RadioSelect(),
    )
    reasons = forms.CharField(label="理由", widget=forms.Textarea({"rows": 3}), max_length=500, help_text="提出人会看到。")


def lines_in(posted: Mapping[str, str]) -> list[rules.Line]:
    """The blueprint's lines that were filled in. Raises DomainError (field "blueprint") that names the line."""
    found = []
    for at in range(LINES):
        clause, kind, count, points = (posted.get(f"{name}-{at}", "").strip() for name in ("clause", "kind", "count", "points"))
        if not count and not points:
            continue
        if kind not in rules.KINDS or not (count.isdecimal() and points.isdecimal() and len(count) < 5 and len(points) < 5):
            raise DomainError("bad_line", f"第 {at + 1} 行：题数和每题分值都要填整数，题型请从列表中选择。", field="blueprint")
        found.append(rules.Line(clause, kind, int(count), int(points)))
    return found


def responses_in(posted: MultiValueDict[str, str], size: int) -> dict[int, str]:
    """A whole sheet as a plain form sends it: letters joined, or what was filled in."""
    return {place: "".join(sorted(posted.getlist(f"q-{place}"))).replace("\0", "")[: rules.LONGEST_ANSWER] for place in range(1, size + 1)}
