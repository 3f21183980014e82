from __future__ import annotations

from typing import Any

from django import forms

from chengxin.ui.forms import DateInput, Form


class IssueForm(Form):
    issued_on = forms.DateField(label="印发日期", widget=DateInput())
    document_number = forms.CharField(label="文号", max_length=60, help_text="以局正式文件为准。")


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
