from __future__ import annotations

from typing import Any

from django import forms

from chengxin.complaints import rules
from chengxin.complaints.models import Attempt
from chengxin.ui.forms import DateInput, Form


class MomentInput(forms.DateTimeInput):
    """The browser's own chooser of a day and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


AREA = forms.Textarea({"rows": 4})


class ComplaintForm(Form):
    """What the public fills in: nothing but the matter itself has to be told."""

    text = forms.CharField(
        label="发生了什么", widget=forms.Textarea({"rows": 6}), max_length=20_000,
        help_text="请写明事情经过。不必写自己是谁；如写在这里，办理人员会看到。",
    )  # fmt: skip
    place = forms.CharField(label="地点", max_length=200, required=False)
    happened_on = forms.DateField(label="发生日期", required=False, widget=DateInput())
    name = forms.CharField(label="怎么称呼您", max_length=40, required=False)
    phone = forms.CharField(
        label="联系电话", max_length=40, required=False,
        help_text="留下电话便于核实和告知结果；加密保存，经两人同意才能查看，被投诉人和他的单位看不到。不留就是匿名。",
    )  # fmt: skip

    @property
    def contact(self) -> dict[str, str] | None:
        given = {name: self.cleaned_data[name].strip() for name in ("name", "phone") if self.cleaned_data[name].strip()}
        return given or None


class RegisterForm(ComplaintForm):
    """The same, taken down by staff: how and when it was received."""

    channel = forms.ChoiceField(label="来源", choices=[(code, rules.CHANNELS[code]) for code in rules.STAFF_CHANNELS])
    received_at = forms.DateTimeField(
        label="收到时间", widget=MomentInput(), input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text="首次收到的时间；时限从这时起算，不从登记起算。", error_messages={"invalid": "“收到时间”请写成日期和时间。"},
    )  # fmt: skip
    field_order = ("channel", "received_at", "text", "place", "happened_on", "name", "phone")


class CodeForm(Form):
    code = forms.CharField(label="回执码", max_length=80, help_text="形如 ABCD-EFGH-JKMN-PQRS-T，大小写、空格和横线都可以。")


class FactsForm(Form):
    text = forms.CharField(label="补充情况", widget=AREA, max_length=20_000)


class AnswerForm(Form):
    YES_NO = (("yes", "是"), ("no", "否"))
    solved = forms.ChoiceField(label="问题解决了吗", choices=YES_NO, widget=forms.RadioSelect())
    satisfied = forms.ChoiceField(label="对办理满意吗", choices=YES_NO, widget=forms.RadioSelect())
    note = forms.CharField(label="想说的话", max_length=500, required=False)


class ReopenForm(Form):
    reason = forms.CharField(label="为什么没有解决", widget=AREA, max_length=20_000)


class AssignForm(Form):
    unit = forms.ChoiceField(label="承办单位")
    handler = forms.CharField(label="承办人", max_length=80, required=False, help_text="工号或姓名，可以不填。")
    category = forms.ChoiceField(label="类别")
    summary = forms.CharField(label="转述", max_length=1000, required=False, widget=AREA, help_text="用自己的话概括，不写投诉人是谁。")

    def __init__(self, *args: Any, units: list[tuple[str, str]], categories: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["category"].choices = [(each, each) for each in categories]  # type: ignore[attr-defined]
        self.fields["handler"].widget.attrs |= {"list": "person-suggestions", "autocomplete": "off"}


class TextForm(Form):
    text = forms.CharField(label="内容", widget=AREA, max_length=20_000)


class AttemptForm(Form):
    way = forms.ChoiceField(label="方式", choices=Attempt.WAYS)
    outcome = forms.ChoiceField(label="结果", choices=Attempt.OUTCOMES, widget=forms.RadioSelect())
    note = forms.CharField(label="说明", max_length=200, required=False)


class CloseForm(Form):
    result = forms.ChoiceField(label="处理结果", choices=list(rules.RESULTS.items()))
    where_to = forms.CharField(label="应向哪里反映", max_length=120, required=False, help_text="不属本局职责时填写。")
    reply = forms.CharField(
        label="告知投诉人", widget=AREA, max_length=20_000, help_text="写明结果、依据和不服时的途径；投诉人凭回执码看到。"
    )


class NumberForm(Form):
    number = forms.CharField(label="另一件投诉的编号", max_length=20)
    reason = forms.CharField(label="理由", max_length=200)


class RepeatForm(Form):
    number = forms.CharField(label="前一件投诉的编号", max_length=20)


class RouteForm(Form):
    where_to = forms.CharField(label="移送单位", max_length=120, initial="纪检监察机关")
    reason = forms.CharField(label="理由", max_length=500)


class ReasonForm(Form):
    reason = forms.CharField(label="理由", max_length=200)


class PersonForm(Form):
    person = forms.CharField(label="被投诉人", max_length=80, help_text="工号或姓名。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].widget.attrs |= {"list": "person-suggestions", "autocomplete": "off"}


class TellForm(Form):
    text = forms.CharField(label="告知的事实", widget=AREA, max_length=1000, help_text="转述，不引用投诉原话，不写投诉人是谁。")


class WithdrawForm(Form):
    reason = forms.CharField(label="撤销理由", widget=AREA, max_length=500, help_text="写明为什么认定错了；撤销后本人和所在单位不再回避。")


class ValidityForm(Form):
    outcome = forms.ChoiceField(label="意见", choices=list(rules.VALIDITIES.items()), widget=forms.RadioSelect())
    reasons = forms.CharField(label="依据", widget=AREA, max_length=500)


class DecisionForm(Form):
    granted = forms.ChoiceField(label="决定", choices=[("yes", "同意"), ("no", "不同意")], widget=forms.RadioSelect())
    note = forms.CharField(label="意见", max_length=200, required=False)


class ValidityDecisionForm(DecisionForm):
    act = forms.CharField(label="认定的事实", max_length=200, required=False, help_text="属实或部分属实时填写，将写入问题；不写投诉人。")
    field_order = ("granted", "act", "note")


class FootageForm(Form):
    number = forms.CharField(label="影像编号", max_length=20, help_text="形如 影0000012。")
    reason = forms.CharField(label="保全理由", max_length=200)
