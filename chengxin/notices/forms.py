from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from chengxin.notices import rules
from chengxin.ui.forms import Form


def hours(first: int, last: int) -> list[tuple[str, str]]:
    return [(str(hour), f"{hour}:00") for hour in range(first, last + 1)]


class HourField(forms.TypedChoiceField):
    """An hour of the day, as a number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, **kwargs)


class SettingsForm(Form):
    """How somebody wants to be told; the hours on offer are the bureau's."""

    digest_hour = HourField(label="每日汇总时间", help_text="每天只汇总一次，没有新情况就不发。")
    quiet_from = HourField(label="可以提醒的时段：从")
    quiet_until = HourField(label="到", help_text="时段以外不外发，推到下一个时段，发送前再核对一次。")
    urgent = forms.BooleanField(label="下午再看一次当天到期和逾期的", required=False)
    on_days_off = forms.BooleanField(label="休息日和休假也提醒", required=False)
    by_email = forms.BooleanField(label="同时发到邮箱（只有件数，不含姓名和内容）", required=False)

    def __init__(self, *args: Any, digest_hours: Sequence[int], civil_hours: Sequence[int], with_mail: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["digest_hour"].choices = hours(*digest_hours)  # type: ignore[attr-defined]
        for name in ("quiet_from", "quiet_until"):
            self.fields[name].choices = hours(*civil_hours)  # type: ignore[attr-defined]
        if not with_mail:
            del self.fields["by_email"]


class AddressForm(Form):
    address = forms.EmailField(
        label="邮箱", max_length=120, error_messages={"invalid": "“邮箱”请写成 name@example.com 这样的地址。"},
        widget=forms.EmailInput({"autocomplete": "email"}),
    )  # fmt: skip


class CodeForm(Form):
    code = forms.CharField(
        label="验证码", max_length=12, widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )  # fmt: skip


class RobotForm(Form):
    """A robot; what is secret is never written back into the page."""

    name = forms.CharField(label="群名称", max_length=40, help_text="如“一中队工作群”。")
    kind = forms.ChoiceField(label="类型", choices=list(rules.ROBOTS.items()), widget=forms.RadioSelect())
    unit = forms.ChoiceField(label="单位", help_text="只发这个单位的件数；科室发本科室人员的全部待办。")
    address = forms.CharField(
        label="Webhook 地址", max_length=400, widget=forms.PasswordInput({"autocomplete": "off"}), help_text="加密保存，不再显示。",
    )  # fmt: skip
    secret = forms.CharField(
        label="加签密钥", max_length=120, required=False, widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text="只有钉钉有，以 SEC 开头。",
    )  # fmt: skip
    hour = HourField(label="每个工作日几点发")

    def __init__(self, *args: Any, units: list[tuple[str, str]], digest_hours: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", "请选择"), *units]  # type: ignore[attr-defined]
        self.fields["hour"].choices = hours(*digest_hours)  # type: ignore[attr-defined]
