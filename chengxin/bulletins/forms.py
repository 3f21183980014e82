from __future__ import annotations

from typing import Any

from django import forms

from chengxin.bulletins import rules
from chengxin.core.errors import DomainError
from chengxin.ui.forms import DateInput, Form

AREA = forms.Textarea({"rows": 6})


class MonthForm(Form):
    month = forms.CharField(label="月份", max_length=20, help_text="形如 2026-10；每月恰好一期，没有问题也要通报。")

    def read(self) -> rules.Month:
        """Raises DomainError (field "month")."""
        try:
            return rules.read_month(self.cleaned_data["month"])
        except ValueError as error:
            raise DomainError("bad_month", str(error), field="month") from error


class WordingForm(Form):
    practice = forms.CharField(
        label="好的做法", widget=AREA, max_length=20_000, required=False, help_text="每行一段。各中队都会看到，请不要写姓名。"
    )
    outlook = forms.CharField(
        label="下一步要求", widget=AREA, max_length=20_000, required=False, help_text="每行一段；具体事项另列为任务。"
    )


class TaskForm(Form):
    text = forms.CharField(label="事项", max_length=200)
    unit = forms.ChoiceField(label="责任单位")
    due_on = forms.DateField(label="期限", widget=DateInput())

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]


class ReturnForm(Form):
    reason = forms.CharField(label="退回理由", max_length=200)


class SignForm(Form):
    sha256 = forms.CharField(widget=forms.HiddenInput())


class IssueForm(Form):
    public = forms.BooleanField(label="同时向社会公开", required=False, help_text="公开版没有任何人员姓名、地点和受限附件。")


class NumberForm(Form):
    number = forms.CharField(label="发文字号", max_length=60, help_text="由局办公室编定，形如 城管通〔2026〕12号；填写后不再改动。")


class AcknowledgeForm(Form):
    unit = forms.ChoiceField(label="中队")

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        if len(units) == 1:
            self.fields["unit"].initial = units[0][0]


class ErratumForm(Form):
    item = forms.CharField(label="更正事项", max_length=120, help_text="问题写编号，数字写指标名称，如“检查人次”。")
    was = forms.CharField(label="原文", max_length=300)
    becomes = forms.CharField(label="更正为", max_length=300)
    reason = forms.CharField(label="理由", max_length=300, help_text="更正对各中队公布，请不要写姓名。")
    finding_id = forms.IntegerField(required=False, widget=forms.HiddenInput())


class DecideForm(Form):
    reason = forms.CharField(label="不更正的理由", max_length=300)


class DoneForm(Form):
    note = forms.CharField(label="完成情况", widget=forms.Textarea({"rows": 3}), max_length=500)


class TemplateForm(Form):
    name = forms.CharField(label="名称", max_length=80)
    file = forms.FileField(
        label="模板文件",
        help_text=".docx，至多 5 MB；不能含宏、外部链接和程序代码。",
        error_messages={"empty": "“模板文件”是空文件，请重新选择。"},
    )
    in_force_from = forms.DateField(label="启用日期", widget=DateInput())
