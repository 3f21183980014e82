from __future__ import annotations

import uuid
from typing import Any

from django import forms

from chengxin.attire.models import HandBackEntry, Season
from chengxin.core import clock
from chengxin.ui.forms import DateInput, Form


class SeasonOrderForm(Form):
    season = forms.ChoiceField(label="着装", choices=Season.choices)
    starts_on = forms.DateField(label="起", widget=DateInput())
    ends_on = forms.DateField(label="止", widget=DateInput())
    reason = forms.CharField(label="理由", max_length=200)
    signer = forms.CharField(label="签发人", max_length=40)
    document_number = forms.CharField(label="文号", max_length=60)


class WithdrawOrderForm(Form):
    reason = forms.CharField(label="撤回理由", max_length=200)


class ExemptionForm(Form):
    """No field asks why: only until when and who approved it."""

    person = forms.CharField(label="人员", max_length=80, help_text="工号或姓名。")
    starts_on = forms.DateField(label="起", widget=DateInput())
    until = forms.DateField(label="止（含当日）", widget=DateInput())
    approved_by = forms.CharField(label="批准人", max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].widget.attrs |= {"list": "person-suggestions", "autocomplete": "off"}
        self.initial.setdefault("starts_on", clock.today())


class HandBackForm(Form):
    """One choice a thing; the names of the things come from the rule of the day the person left."""

    note = forms.CharField(label="说明", max_length=200, required=False)

    def __init__(self, *args: Any, lines: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for line in lines:
            self.fields[f"item-{line.item}"] = forms.ChoiceField(
                label=line.title,
                choices=[("", "尚未办理"), *HandBackEntry.OUTCOMES],
                required=False,
                initial=line.last.outcome if line.last else "",
                widget=forms.Select({"class": "form-select"}),
            )
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])

    def outcomes(self) -> dict[str, str]:
        chosen = {name.removeprefix("item-"): value for name, value in self.cleaned_data.items() if name.startswith("item-")}
        return {item: outcome for item, outcome in chosen.items() if outcome}


class DisposalForm(Form):
    unit = forms.ChoiceField(label="单位")
    description = forms.CharField(label="制服", max_length=200, help_text="如：夏装衬衣，破损。")
    issues = forms.TypedMultipleChoiceField(
        label="已收回待处置",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        error_messages={"invalid_choice": "所选制服中有的已经处置，请刷新后重选。"},
    )
    pieces = forms.IntegerField(
        label="册外件数",
        min_value=0,
        max_value=9999,
        initial=0,
        help_text="发放记录中没有的旧制服有几件。",
        error_messages={"min_value": "“册外件数”不能小于 0。", "invalid": "“册外件数”请填写整数。"},
    )
    manner = forms.CharField(label="处置方式", max_length=80, help_text="如：统一销毁、回收。")
    witness = forms.CharField(label="见证人", max_length=40)
    disposed_on = forms.DateField(label="处置日期", widget=DateInput())

    def __init__(self, *args: Any, units: list[tuple[str, str]], issues: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["issues"].choices = issues  # type: ignore[attr-defined]
        if not issues:
            del self.fields["issues"]
        self.initial.setdefault("disposed_on", clock.today())


class RollCallForm(Form):
    """The head of a roll-call; the members' fields are read beside it."""

    client_key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    held_on = forms.DateField(label="日期", widget=DateInput())
    session = forms.ChoiceField(label="班次")

    def __init__(self, *args: Any, sessions: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["session"].choices = list(sessions.items())  # type: ignore[attr-defined]
        self.initial.setdefault("held_on", clock.today())
