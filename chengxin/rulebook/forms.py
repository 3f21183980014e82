from __future__ import annotations

from typing import Any

from django import forms

from chengxin.ui.forms import DateInput, Form


class IssueForm(Form):
    issued_on = forms.DateField(label="印发日期", widget=DateInput())
    document_number = forms.CharField(label="文号", max_length=60, help_text="以局正式文件为准。")


class PublishForm(Form):
    """The plain values of a rule, changed from a day on; lists and tables of a rule are part of its first issue."""

    in_force_on = forms.DateField(label="施行日期", widget=DateInput(), help_text="不早于今天：规则不溯及既往。")
    document_number = forms.CharField(label="文号", max_length=60)

    def __init__(self, *args: Any, values: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, entry in values.items():
            if isinstance(entry["value"], int) and not isinstance(entry["value"], bool):
                field: forms.Field = forms.IntegerField(label=entry["title"], min_value=0, max_value=10**12, initial=entry["value"])
                field.error_messages["invalid"] = f"“{entry['title']}”请填写整数。"
            elif isinstance(entry["value"], str):
                field = forms.CharField(label=entry["title"], max_length=500, initial=entry["value"], widget=forms.Textarea({"rows": 2}))
            else:
                continue
            field.error_messages["required"] = f"请填写“{entry['title']}”。"
            field.widget.attrs["class"] = "form-control"
            self.fields[f"value-{name}"] = field

    def changed(self, values: dict[str, Any]) -> dict[str, Any]:
        """The new values by name, only those that differ."""
        given = {name.removeprefix("value-"): value for name, value in self.cleaned_data.items() if name.startswith("value-")}
        return {name: value for name, value in given.items() if value != values[name]["value"]}


class HolidayNoticeForm(Form):
    """One line a span, as the notice says it: 10-01/10-07."""

    year = forms.IntegerField(label="年份", min_value=2020, max_value=2100)
    source = forms.CharField(label="通知名称或文号", max_length=200)
    days_off = forms.CharField(label="放假日", widget=forms.Textarea({"rows": 6}), help_text="每行一段，如 10-01/10-07。")
    makeup_workdays = forms.CharField(
        label="调休上班日", widget=forms.Textarea({"rows": 4}), required=False, help_text="每行一天，如 10-10。"
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("days_off", "makeup_workdays"):
            cleaned[name] = str(cleaned.get(name, "")).split()
        return cleaned
