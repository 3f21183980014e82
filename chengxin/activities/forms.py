from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms

from chengxin.activities import rules
from chengxin.core import clock
from chengxin.ui.forms import DateInput, Form

MOMENT = "%Y-%m-%dT%H:%M"


class MomentField(forms.DateTimeField):
    """A moment of Asia/Shanghai as browsers send it."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(
            label=label, widget=forms.DateTimeInput({"type": "datetime-local"}, format=MOMENT), input_formats=[MOMENT, f"{MOMENT}:%S"],
            error_messages={"invalid": f"“{label}”请写成 2026-09-30T08:30 这样的时间。"}, **kwargs,
        )  # fmt: skip


def checks() -> forms.CheckboxSelectMultiple:
    """Several of a list, each a box of its own."""
    return forms.CheckboxSelectMultiple({"class": "form-check-input"})


def person_field(label: str, **kwargs: Any) -> forms.CharField:
    """A person by number or name, with the field's own suggestions."""
    field = forms.CharField(label=label, max_length=80, **{"help_text": "工号或姓名。", **kwargs})
    field.widget.attrs |= {"list": "person-suggestions", "autocomplete": "off"}
    return field


def _moment(value: dt.datetime) -> str:
    return f"{value.astimezone(clock.SHANGHAI):{MOMENT}}"


class YearForm(Form):
    year = forms.IntegerField(label="年度", min_value=2000, max_value=2999, error_messages={"invalid": "“年度”请填写四位数字。"})


class ReportForm(Form):
    held_on = forms.DateField(label="开展日期", widget=DateInput())
    text = forms.CharField(label="依据", max_length=200, help_text="如评查轮次、督查计划或竞赛的编号。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("held_on", clock.today())


class ReasonForm(Form):
    reason = forms.CharField(label="原因", max_length=200, widget=forms.Textarea({"rows": 2}))


class PlanForm(Form):
    """``key`` makes a second sending of the same form the same activity."""

    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    weak_point = forms.IntegerField(widget=forms.HiddenInput(), required=False)
    parts = forms.MultipleChoiceField(label="属于年度方案的内容", widget=checks(), help_text="一次活动可以同时完成几项，不必重复安排。")
    title = forms.CharField(label="名称", max_length=80)
    place = forms.CharField(label="地点", max_length=120)
    starts_at = MomentField("开始时间")
    ends_at = MomentField("结束时间")
    unit = forms.ChoiceField(label="组织单位")
    units = forms.MultipleChoiceField(
        label="参加单位", widget=checks(), required=False, help_text="含下属单位；应到人员按当天任职自动列出，在编与协管一样。"
    )
    persons = forms.CharField(
        label="指名参加人员", widget=forms.Textarea({"rows": 2}), required=False, max_length=2000,
        help_text="工号或姓名，用空格或顿号分开。",
    )  # fmt: skip
    leader = person_field("负责人")

    def __init__(self, *args: Any, parts: list[tuple[str, str]], units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parts"].choices = parts  # type: ignore[attr-defined]
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["units"].choices = units  # type: ignore[attr-defined]
        day = clock.today() + dt.timedelta(days=1)
        self.initial.setdefault("starts_at", _moment(clock.at(day, 9)))
        self.initial.setdefault("ends_at", _moment(clock.at(day, 11)))


class OpenForm(Form):
    pass


class MoveForm(Form):
    place = forms.CharField(label="地点", max_length=120)
    starts_at = MomentField("开始时间")
    ends_at = MomentField("结束时间")
    reason = forms.CharField(label="调整原因", max_length=200)


class MakeUpForm(Form):
    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    place = forms.CharField(label="地点", max_length=120)
    starts_at = MomentField("开始时间")
    ends_at = MomentField("结束时间")
    leader = person_field("负责人")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        day = clock.today() + dt.timedelta(days=3)
        self.initial.setdefault("starts_at", _moment(clock.at(day, 9)))
        self.initial.setdefault("ends_at", _moment(clock.at(day, 11)))


class FilesForm(Form):
    pass


class RollForm(Form):
    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    note = forms.CharField(label="活动情况", widget=forms.Textarea({"rows": 3}), required=False, max_length=2000)


class AbsenceForm(Form):
    reason = forms.ChoiceField(label="缺席事由")
    note = forms.CharField(label="补充说明", max_length=120, required=False, help_text="不必写健康等个人隐私。")

    def __init__(self, *args: Any, policy: rules.AttendancePolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            ("", "请选择"), *((each.code, each.title) for each in policy.reasons.values() if each.excused)
        ]  # fmt: skip


class DecideReasonForm(Form):
    accepted = forms.ChoiceField(label="决定", choices=[("yes", "认可"), ("no", "不予认可")], widget=forms.RadioSelect())
    note = forms.CharField(label="意见", max_length=200, required=False, help_text="不予认可须写明理由。")


class CorrectForm(Form):
    presence = forms.ChoiceField(label="更正为")
    note = forms.CharField(label="依据", max_length=200)

    def __init__(self, *args: Any, policy: rules.AttendancePolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["presence"].choices = [  # type: ignore[attr-defined]
            ("present", "到场"), ("absent:", "缺席（事由待说明）"),
            *((f"absent:{each.code}", f"缺席：{each.title}") for each in policy.reasons.values()),
        ]  # fmt: skip


class LinkForm(Form):
    unit = forms.ChoiceField(label="订阅", required=False)

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", "本人的活动"), *units]  # type: ignore[attr-defined]


class DecideForm(Form):
    accepted = forms.ChoiceField(label="决定", choices=[("yes", "安排补训"), ("no", "不补训")], widget=forms.RadioSelect())
    reason = forms.CharField(label="理由", max_length=200)


class TalkForm(Form):
    """``key`` makes a second sending of the same form the same talk."""

    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    person = person_field("谈话对象")
    held_on = forms.DateField(label="谈话日期", widget=DateInput())
    themes = forms.MultipleChoiceField(label="谈话主题", widget=checks())
    content = forms.CharField(
        label="谈话内容", widget=forms.Textarea({"rows": 6}), required=False, max_length=8000,
        help_text="加密封存，只有谈话双方可以查看，每次查看都有记录；统计只用日期、谈话人和主题。",
    )  # fmt: skip

    def __init__(self, *args: Any, themes: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["themes"].choices = list(themes.items())  # type: ignore[attr-defined]
        self.initial.setdefault("held_on", clock.today())


class RemainderForm(Form):
    person = person_field("人员")
    reason = forms.CharField(label="未谈话原因", max_length=120, help_text="如长期外派；不必写健康等个人隐私。")


class RiskForm(Form):
    """``key`` makes a second sending of the same form the same risk."""

    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    unit = forms.ChoiceField(label="单位")
    post = forms.CharField(label="岗位", max_length=60)
    text = forms.CharField(label="风险", max_length=200)
    grade = forms.ChoiceField(label="等级")
    measure = forms.CharField(label="防控措施", widget=forms.Textarea({"rows": 3}), max_length=400)
    responsible = person_field("责任人")

    def __init__(self, *args: Any, units: list[tuple[str, str]], policy: rules.RiskPolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["grade"].choices = grade_choices(policy)  # type: ignore[attr-defined]


class ReviewForm(Form):
    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    text = forms.CharField(label="复查情况", widget=forms.Textarea({"rows": 2}), max_length=400)
    state = forms.ChoiceField(label="状态", choices=list(rules.RISK_STATES.items()))
    grade = forms.ChoiceField(label="等级")
    measure = forms.CharField(label="防控措施", widget=forms.Textarea({"rows": 3}), max_length=400)
    next_on = forms.DateField(label="下次复查", widget=DateInput(), required=False, help_text="不填按等级的间隔计算。")

    def __init__(self, *args: Any, policy: rules.RiskPolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grade"].choices = grade_choices(policy)  # type: ignore[attr-defined]


def grade_choices(policy: rules.RiskPolicy) -> list[tuple[str, str]]:
    return [(each.code, f"{each.title}（每 {each.months} 个月复查）") for each in policy.grades.values()]
