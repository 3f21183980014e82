from __future__ import annotations

import uuid
from typing import Any

from django import forms

from chengxin.core import clock
from chengxin.core.quarters import quarter_days, quarter_of
from chengxin.supervision import rules
from chengxin.ui.forms import DateInput, Form

AREA = forms.Textarea({"rows": 3})


class PlanForm(Form):
    """A plan; which fields count follows from the kind."""

    kind = forms.ChoiceField(label="种类", choices=list(rules.KINDS.items()), widget=forms.RadioSelect())
    quarter = forms.TypedChoiceField(label="季度", coerce=int, empty_value=None, required=False, help_text="季度抽查时选择；每季度一份。")
    reason = forms.ChoiceField(label="事由", required=False, help_text="专项督查时选择。")
    mode = forms.ChoiceField(label="方式", choices=list(rules.MODES.items()))
    template = forms.ChoiceField(label="检查表")
    starts_on = forms.DateField(label="起", widget=DateInput())
    ends_on = forms.DateField(label="止", widget=DateInput())
    units = forms.TypedMultipleChoiceField(label="中队", coerce=int, widget=forms.CheckboxSelectMultiple(), required=False)
    note = forms.CharField(label="说明", max_length=200, required=False)

    def __init__(
        self, *args: Any, quarters: list[int], reasons: list[str], templates: list[tuple[str, str]], units: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        chosen: dict[str, list[tuple[Any, str]]] = {
            "quarter": [("", "不适用"), *((each, f"第 {each} 季度") for each in quarters)],
            "reason": [("", "不适用"), *((each, each) for each in reasons)], "template": list(templates), "units": list(units),
        }  # fmt: skip
        for name, choices in chosen.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]
        today = clock.today()
        self.initial = {
            "kind": rules.DAILY, "units": [pk for pk, _ in units], "starts_on": today,
            "ends_on": quarter_days(today.year, quarter_of(today))[1],
            **self.initial,
        }  # fmt: skip


class ReasonForm(Form):
    reason = forms.CharField(label="理由", max_length=200)


class ArrangeForm(Form):
    """Send somebody; the choices of inspectors leave out who is recused, and the command refuses them all the same."""

    unit = forms.TypedChoiceField(label="中队", coerce=int)
    inspectors = forms.TypedMultipleChoiceField(label="督查人员", coerce=int, widget=forms.CheckboxSelectMultiple())
    due_on = forms.DateField(label="日期", widget=DateInput())

    def __init__(self, *args: Any, units: list[tuple[str, str]], inspectors: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["inspectors"].choices = inspectors  # type: ignore[attr-defined]


class ReplaceInspectorForm(ReasonForm):
    """Who comes instead of somebody assigned; for one who was drawn the next ticket says it."""

    inspector = forms.TypedChoiceField(label="改派", coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, inspectors: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["inspector"].choices = [("", "按抽取次序"), *inspectors]  # type: ignore[attr-defined]


class SheetForm(Form):
    """The head of a sheet; the members' fields are read beside it."""

    client_key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    observed_at = forms.DateTimeField(
        widget=forms.HiddenInput(), required=False, input_formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z"]
    )
    held_on = forms.DateField(label="日期", widget=DateInput())
    mode = forms.ChoiceField(label="方式", choices=list(rules.MODES.items()))
    place = forms.CharField(label="地点", max_length=120, required=False)
    note = forms.CharField(label="检查情况", widget=AREA, max_length=4000, required=False)


class AlertForm(Form):
    disposition = forms.ChoiceField(label="处置", choices=list(rules.DISPOSITIONS.items()), widget=forms.RadioSelect())
    reason = forms.CharField(label="理由", widget=AREA, max_length=500, help_text="写明谁在何时怎样处置；不另处置也要写明为什么。")
