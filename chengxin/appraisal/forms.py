"""Forms of the annual assessment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from chengxin.appraisal.rules import titles as title_rules
from chengxin.core import clock
from chengxin.ui.forms import Form

AREA = forms.Textarea(attrs={"rows": 3})
PERSON = forms.TextInput(attrs={"list": "person-suggestions", "autocomplete": "off"})


class YearForm(Form):
    """启动年度考核."""

    year = forms.IntegerField(label="年度", min_value=2020, max_value=2100, error_messages={"invalid": "“年度”请写成 2026 这样的年份。"})


class FreezeForm(Form):
    with_open_matters = forms.BooleanField(label="我确认带着未决事项定稿", required=False)
    confirmation = forms.CharField(label="带着未决事项定稿的理由", widget=AREA, required=False)


class NoteForm(Form):
    person = forms.CharField(label="人员", widget=PERSON, help_text="工号、姓名或拼音首字母。")
    text = forms.CharField(label="意见与依据", widget=AREA, help_text="只供评审参考，不改变结论和名额。")


class CorrectForm(Form):
    person = forms.CharField(label="人员", widget=PERSON)
    cause = forms.CharField(label="更正原因", widget=AREA)


class IssueForm(Form):
    document_number = forms.CharField(label="文号", max_length=60)


class NominateForm(Form):
    person = forms.CharField(label="人员", widget=PERSON, help_text="工号、姓名或拼音首字母；须具备资格。")
    reasons = forms.CharField(label="事迹", widget=AREA)


class CollectiveForm(Form):
    unit = forms.ChoiceField(label="单位")
    reasons = forms.CharField(label="事迹", widget=AREA)

    def __init__(self, *args: Any, units: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", "请选择"), *units]  # type: ignore[attr-defined]


class ReasonForm(Form):
    reason = forms.CharField(label="理由", widget=AREA)


class ObjectionForm(Form):
    text = forms.CharField(label="异议的事实", widget=AREA, help_text="只有决定人能看到是谁提出的。")


class DecisionForm(Form):
    upheld = forms.ChoiceField(label="决定", choices=[("yes", "成立"), ("no", "不成立")], widget=forms.RadioSelect)
    reasons = forms.CharField(label="决定理由", widget=AREA)


class TitleForm(Form):
    kind = forms.ChoiceField(label="称号", choices=list(title_rules.KINDS.items()))
    unit = forms.ChoiceField(label="单位")
    post_name = forms.CharField(label="岗位", max_length=60, required=False, help_text="示范岗填写岗位名称，不写人名。")
    reasons = forms.CharField(label="事迹", widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, units: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", "请选择"), *units]  # type: ignore[attr-defined]


class SimulationForm(Form):
    """Which versions to try; everything is optional, and nothing is written."""

    year = forms.IntegerField(label="年度", min_value=2020, max_value=2100, error_messages={"invalid": "“年度”请写成 2026 这样的年份。"})
    eligibility = forms.ChoiceField(label="评优资格规则", required=False)
    repeat = forms.ChoiceField(label="多次违规规则", required=False)
    repeat_count = forms.IntegerField(
        label="或试用次数", required=False, min_value=1, max_value=99, help_text="另试一个“多次违规”的次数。",
        error_messages={"min_value": "次数至少为 1。", "max_value": "次数至多为 99。", "invalid": "“次数”应为整数。"},
    )  # fmt: skip

    def __init__(self, *args: Any, eligibility: Sequence[str], repeat: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, labels in (("eligibility", eligibility), ("repeat", repeat)):
            self.fields[name].choices = [("", "现行版本"), *((label, label) for label in labels)]  # type: ignore[attr-defined]
        self.fields["year"].initial = clock.today().year
