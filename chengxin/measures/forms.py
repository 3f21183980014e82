from __future__ import annotations

import uuid
from typing import Any

from django import forms

from chengxin.core import clock
from chengxin.measures import rules
from chengxin.ui.forms import DateInput, Form


class SubjectForm(Form):
    """Whom it is about: a person, or a unit."""

    person = forms.CharField(label="人员", max_length=80, required=False, help_text="工号或姓名；对单位的可以不填，改选单位。")
    unit = forms.ChoiceField(label="单位", required=False)

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", "按人员"), *units]  # type: ignore[attr-defined]
        self.fields["person"].widget.attrs |= {"list": "person-suggestions", "autocomplete": "off"}


class ProposeForm(SubjectForm):
    """``key`` makes a second sending of the same form the same proposal. With a finding named, nothing of it is typed again."""

    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    finding = forms.CharField(
        label="问题编号",
        max_length=40,
        required=False,
        help_text="以已登记的问题为事实时填写，如 问〔2026〕000123；人员、日期和事实按问题。",
    )
    kind = forms.ChoiceField(label="措施", choices=list(rules.KINDS.items()))
    ground = forms.ChoiceField(label="情形", choices=list(rules.GROUNDS.items()))
    text = forms.CharField(
        label="事实",
        widget=forms.Textarea({"rows": 3}),
        max_length=400,
        required=False,
        help_text="填写了问题编号的可以不填，以问题的表述为准。",
    )
    happened_on = forms.DateField(
        label="事实日期", widget=DateInput(), required=False, help_text="填写了问题编号的，以问题的发现日期为准。"
    )
    document_number = forms.CharField(label="依据文号", max_length=60, required=False, help_text="违反廉政纪律以纪检机关的通知为准，必填。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("happened_on", clock.today())

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if not given.get("finding") and not given.get("happened_on") and "happened_on" not in self.errors:
            self.add_error("happened_on", "没有问题编号的，请填写事实日期。")
        return given


class DecideForm(Form):
    kind = forms.ChoiceField(label="采取的措施", choices=list(rules.KINDS.items()))
    reasons = forms.CharField(label="理由", widget=forms.Textarea({"rows": 3}), max_length=2000, help_text="当事人会看到。")


class DismissForm(Form):
    reasons = forms.CharField(label="不予采取的理由", widget=forms.Textarea({"rows": 3}), max_length=2000)


class ObjectForm(Form):
    text = forms.CharField(label="申辩理由", widget=forms.Textarea({"rows": 4}), max_length=4000)


class ObjectionForm(Form):
    revoked = forms.ChoiceField(
        label="决定", choices=[("yes", "申辩成立，撤销措施"), ("no", "申辩不成立，维持")], widget=forms.RadioSelect()
    )
    reasons = forms.CharField(label="理由", widget=forms.Textarea({"rows": 3}), max_length=4000)


class ReverseForm(Form):
    reason = forms.CharField(label="撤销理由", widget=forms.Textarea({"rows": 3}), max_length=2000)


class CommendForm(SubjectForm):
    """``key`` makes a second sending of the same form the same proposal."""

    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    kind = forms.ChoiceField(label="种类", choices=list(rules.COMMENDATION_KINDS.items()))
    text = forms.CharField(label="事迹", widget=forms.Textarea({"rows": 3}), max_length=400)
    happened_on = forms.DateField(label="日期", widget=DateInput())
    document_number = forms.CharField(label="文号", max_length=60, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("happened_on", clock.today())


class CommendationDecisionForm(Form):
    given = forms.ChoiceField(label="决定", choices=[("yes", "予以表扬"), ("no", "不采纳")], widget=forms.RadioSelect())
    note = forms.CharField(label="意见", max_length=400, required=False, help_text="不采纳须写明理由。")
