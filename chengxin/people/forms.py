from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from chengxin.core import clock
from chengxin.core.registry import capabilities
from chengxin.people.catalog import ROLES, TOKEN_CAPABILITIES
from chengxin.people.models import PersonClass, Sex, Status, UnitKind
from chengxin.ui.forms import DateInput, Form

Choices = list[tuple[str, str]]


class UnitForm(Form):
    code = forms.SlugField(label="代码", max_length=40, error_messages={"invalid": "“代码”只能用字母、数字、下划线和连字符。"})
    name = forms.CharField(label="名称", max_length=80)
    kind = forms.ChoiceField(label="类型", choices=[choice for choice in UnitKind.choices if choice[0] != "bureau"])
    parent = forms.ChoiceField(label="上级")

    def __init__(self, *args: Any, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = units  # type: ignore[attr-defined]


class PersonForm(Form):
    number = forms.CharField(label="工号", max_length=20)
    name = forms.CharField(label="姓名", max_length=40)
    sex = forms.ChoiceField(label="性别", choices=Sex.choices)
    person_class = forms.ChoiceField(label="人员类别", choices=PersonClass.choices)
    unit = forms.ChoiceField(label="单位")
    post_title = forms.CharField(label="职务", max_length=40, required=False)
    badge_number = forms.CharField(label="胸号", max_length=20, required=False)
    joined_on = forms.DateField(label="入职日期", widget=DateInput())

    def __init__(self, *args: Any, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]


class AssignForm(Form):
    unit = forms.ChoiceField(label="单位")
    post_title = forms.CharField(label="职务", max_length=40, required=False)
    starts_on = forms.DateField(label="自", widget=DateInput())
    is_leader = forms.BooleanField(label="负责人", required=False)

    def __init__(self, *args: Any, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.initial.setdefault("starts_on", clock.today())


class StatusForm(Form):
    status = forms.ChoiceField(label="状态", choices=[(Status.SUSPENDED, "停职"), (Status.ON_LEAVE, "长期休假")])
    starts_on = forms.DateField(label="自", widget=DateInput())
    ends_on = forms.DateField(label="至", widget=DateInput(), required=False)
    approved_by = forms.CharField(label="批准人", max_length=40)


class DepartureForm(Form):
    left_on = forms.DateField(label="最后在队日", widget=DateInput())


class UserForm(Form):
    username = forms.RegexField(
        r"^[A-Za-z0-9._-]{2,60}$", label="用户名", error_messages={"invalid": "“用户名”用 2 至 60 位字母、数字、点、横线。"}
    )
    person = forms.CharField(label="人员", max_length=80, required=False, help_text="工号；系统账号可不填。")
    password = forms.CharField(label="初始口令", widget=forms.PasswordInput({"autocomplete": "new-password"}))


class PasswordForm(Form):
    password = forms.CharField(
        label="新口令", widget=forms.PasswordInput({"autocomplete": "new-password"}), help_text="用户下次登录须自行修改。"
    )


class GrantForm(Form):
    role = forms.ChoiceField(label="角色", choices=[(role.code, role.title) for role in ROLES if not role.implied_by])
    unit = forms.ChoiceField(label="范围", required=False)
    starts_on = forms.DateField(label="自", widget=DateInput())
    ends_on = forms.DateField(label="至", widget=DateInput(), required=False)

    def __init__(self, *args: Any, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", "全局"), *units]  # type: ignore[attr-defined]
        self.initial.setdefault("starts_on", clock.today())


class TokenForm(Form):
    name = forms.CharField(label="用途", max_length=80)
    granted = forms.MultipleChoiceField(label="权限", widget=forms.CheckboxSelectMultiple())
    unit = forms.ChoiceField(label="范围", required=False)
    expires_on = forms.DateField(label="有效期至", widget=DateInput())

    def __init__(self, *args: Any, units: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["granted"].choices = [(code, capabilities[code].title) for code in TOKEN_CAPABILITIES]  # type: ignore[attr-defined]
        self.fields["unit"].choices = [("", "全局"), *units]  # type: ignore[attr-defined]
        self.initial.setdefault("expires_on", clock.today() + dt.timedelta(days=180))
