from __future__ import annotations

import uuid
from typing import Any

from django import forms

from chengxin.core import clock
from chengxin.findings.models import Grade
from chengxin.ui.forms import Form


class RaiseForm(Form):
    """登记问题. ``key`` makes a second sending of the same form the same finding."""

    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    person = forms.CharField(label="责任人", max_length=80, required=False, help_text="工号或姓名；单位的问题可以不填，改选责任单位。")
    unit = forms.ChoiceField(label="责任单位", required=False)
    entry = forms.ChoiceField(label="条目")
    seen_at = forms.DateTimeField(
        label="发现时间", widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": "“发现时间”请写成 2026-09-30T08:30 这样的时间。"},
    )  # fmt: skip
    place = forms.CharField(label="地点", max_length=120, required=False)
    grade = forms.ChoiceField(label="程度", choices=[("", "按目录"), *Grade.choices], required=False)
    note = forms.CharField(label="补充说明", widget=forms.Textarea({"rows": 3}), required=False, max_length=2000)
    corrected_on_spot = forms.BooleanField(label="已当场整改（登记后即销号，仍计入次数）", required=False)

    def __init__(self, *args: Any, units: list[tuple[str, str]], entries: dict[str, dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", "按责任人"), *units]  # type: ignore[attr-defined]
        self.fields["entry"].choices = [("", "请选择"), *_grouped(entries)]  # type: ignore[attr-defined]
        self.fields["person"].widget.attrs |= {"list": "person-suggestions", "autocomplete": "off"}
        self.initial.setdefault("seen_at", f"{clock.now():%Y-%m-%dT%H:%M}")


def _grouped(entries: dict[str, dict[str, Any]]) -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for code, entry in entries.items():
        groups.setdefault(f"{entry['clause']} {entry['group']}", []).append((code, entry["title"]))
    return sorted(groups.items())


class StepForm(Form):
    """A step of a finding's life; ``seen_version`` is the state of the page the actor decided by."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput())


class AcknowledgeForm(StepForm):
    pass


class SubmitForm(StepForm):
    text = forms.CharField(label="整改情况", widget=forms.Textarea({"rows": 4}), max_length=4000)


class ExtensionForm(StepForm):
    workdays = forms.IntegerField(label="延期工作日", min_value=1, max_value=250, error_messages={"invalid": "“延期工作日”请填写整数。"})
    reason = forms.CharField(label="理由", widget=forms.Textarea({"rows": 3}), max_length=2000)


class ObjectionForm(StepForm):
    text = forms.CharField(label="申辩理由", widget=forms.Textarea({"rows": 4}), max_length=4000)


class RecheckForm(StepForm):
    passed = forms.ChoiceField(label="复核结果", choices=[("yes", "通过，销号"), ("no", "退回重新整改")], widget=forms.RadioSelect())
    note = forms.CharField(label="复核意见", widget=forms.Textarea({"rows": 3}), required=False, max_length=2000)


class ExtensionDecisionForm(StepForm):
    granted = forms.ChoiceField(label="决定", choices=[("yes", "同意"), ("no", "不同意")], widget=forms.RadioSelect())
    note = forms.CharField(label="意见", widget=forms.Textarea({"rows": 2}), required=False, max_length=2000)


class ObjectionDecisionForm(StepForm):
    revoked = forms.ChoiceField(
        label="决定", choices=[("yes", "申辩成立，撤销问题"), ("no", "申辩不成立，维持")], widget=forms.RadioSelect()
    )
    reasons = forms.CharField(label="理由", widget=forms.Textarea({"rows": 4}), max_length=4000)


class LookBackForm(StepForm):
    recurred = forms.ChoiceField(label="结果", choices=[("no", "未反弹"), ("yes", "反弹，重新整改")], widget=forms.RadioSelect())
    note = forms.CharField(label="情况", widget=forms.Textarea({"rows": 3}), max_length=2000)


class WithdrawForm(StepForm):
    reason = forms.CharField(label="撤销理由", widget=forms.Textarea({"rows": 3}), max_length=2000)


class MergeForm(StepForm):
    into = forms.CharField(label="并入问题编号", max_length=40, help_text="同一天、同一责任人的另一个问题，如 问〔2026〕000123。")
    reason = forms.CharField(label="并案理由", widget=forms.Textarea({"rows": 2}), max_length=2000)


class ProposalForm(Form):
    made = forms.ChoiceField(label="决定", choices=[("yes", "登记为问题"), ("no", "不予登记")], widget=forms.RadioSelect())
    reason = forms.CharField(label="说明或理由", max_length=200, required=False, help_text="不予登记须写明理由。")
