from __future__ import annotations

from typing import Any

from django import forms

from chengxin.evidence.models import Gap, Matter, ReasonReview, Review
from chengxin.ui.forms import Form


class ViewingForm(Form):
    reason = forms.CharField(label="观看理由", max_length=200, help_text="为什么看；会记入这段影像的调阅记录。")
    matter = forms.CharField(label="投诉或案件编号", max_length=80, required=False)


class MarkForm(Form):
    reason = forms.ChoiceField(label="重要的理由")
    note = forms.CharField(label="说明", max_length=200, required=False)

    def __init__(self, *args: Any, reasons: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].choices = [(each, each) for each in reasons]  # type: ignore[attr-defined]


class DowngradeForm(Form):
    reason = forms.CharField(label="降级理由", max_length=200)


class DecisionForm(Form):
    granted = forms.ChoiceField(label="审批", choices=[("yes", "同意降级"), ("no", "不同意")], widget=forms.RadioSelect())
    note = forms.CharField(label="意见", max_length=200, required=False)


class HoldForm(Form):
    kind = forms.ChoiceField(label="事项", choices=Matter.KINDS)
    number = forms.CharField(label="编号", max_length=60)
    reason = forms.CharField(label="保全理由", max_length=200)


class AttributionForm(Form):
    person = forms.CharField(label="使用人", max_length=80, help_text="工号或姓名。")
    reason = forms.CharField(label="认定依据", max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].widget.attrs |= {"list": "person-suggestions", "autocomplete": "off"}


class ClipForm(Form):
    start = forms.CharField(label="从", max_length=12, help_text="分:秒 或 时:分:秒。")
    end = forms.CharField(label="到", max_length=12)
    reason = forms.CharField(label="截取理由", max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("start", "end"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "placeholder": "0:00", "data-film-time": name}


class ReleaseForm(Form):
    clip = forms.ChoiceField(label="拷出什么", required=False)
    recipient = forms.CharField(label="接收单位或人员", max_length=120)
    purpose = forms.CharField(label="用途", max_length=200)
    matter = forms.CharField(label="投诉或案件编号", max_length=80, required=False)

    def __init__(self, *args: Any, clips: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clip"].choices = [("", "原件"), *clips]  # type: ignore[attr-defined]


class ReleaseDecisionForm(Form):
    granted = forms.ChoiceField(label="审批", choices=[("yes", "同意拷出"), ("no", "不同意")], widget=forms.RadioSelect())
    note = forms.CharField(label="意见", max_length=200, required=False)


class ReasonForm(Form):
    outcome = forms.ChoiceField(label="结果", choices=ReasonReview.OUTCOMES, widget=forms.RadioSelect())
    note = forms.CharField(label="说明", max_length=300, required=False, widget=forms.Textarea({"rows": 2}))


class ExplanationForm(Form):
    cause = forms.ChoiceField(label="原因", choices=Gap.CAUSES)
    explanation = forms.CharField(label="情况", max_length=300, widget=forms.Textarea({"rows": 2}))


class ReviewForm(Form):
    outcome = forms.ChoiceField(label="结果", choices=Review.OUTCOMES, widget=forms.RadioSelect())
    note = forms.CharField(label="说明", max_length=300, required=False, widget=forms.Textarea({"rows": 2}))


class NoteForm(Form):
    note = forms.CharField(label="说明", max_length=200)
