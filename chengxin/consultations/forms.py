from __future__ import annotations

from typing import Any

from django import forms

from chengxin.consultations import rules
from chengxin.consultations.rules import values as typed
from chengxin.core import clock
from chengxin.ui.forms import DateInput, Form

AREA = forms.Textarea({"rows": 4})
Choices = list[tuple[str, str]]


class DraftForm(Form):
    title = forms.CharField(label="标题", max_length=120)
    reason = forms.CharField(label="修订说明", widget=AREA, max_length=20_000, help_text="为什么修订、依据什么；征求意见时公布。")
    audience = forms.ChoiceField(label="征求意见范围", choices=list(rules.AUDIENCES.items()), widget=forms.RadioSelect())


class ValuesForm(Form):
    """The values of a rule as they stand in the draft: numbers and words in fields, lists and tables line by line."""

    reason = forms.CharField(label="改动理由", widget=forms.Textarea({"rows": 3}), max_length=20_000, help_text="随草案公布。")

    def __init__(self, *args: Any, entries: dict[str, Any], drafted: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries
        fields = {}
        for name, entry in entries.items():
            value = drafted.get(name, entry["value"])
            field = _field(entry, value)
            if name in drafted:
                field.help_text = f"现行：{_short(entry['value'])}"
            fields[f"value-{name}"] = field
        self.fields = {**fields, **self.fields}
        for field in fields.values():
            field.widget.attrs.setdefault("class", "form-select" if isinstance(field.widget, forms.Select) else "form-control")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, entry in self.entries.items():
            key, like = f"value-{name}", entry["value"]
            if key not in cleaned:
                continue
            if isinstance(like, bool):
                cleaned[key] = cleaned[key] == "true"
            elif isinstance(like, str):
                cleaned[key] = cleaned[key].replace("\r\n", "\n")  # as browsers send the ends of lines
            elif not typed.is_plain(like):
                try:
                    cleaned[key] = typed.read(cleaned[key], like)
                except typed.BadValue as error:
                    self.add_error(key, f"“{entry['title']}”{error}")
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[f"value-{name}"] for name in self.entries if f"value-{name}" in self.cleaned_data}


def _field(entry: dict[str, Any], value: Any) -> forms.Field:
    title = entry["title"]
    field: forms.Field
    if isinstance(value, bool):
        field = forms.ChoiceField(label=title, choices=[("true", "是"), ("false", "否")], initial="true" if value else "false")
    elif isinstance(value, int):
        field = forms.IntegerField(label=title, min_value=0, max_value=typed.MOST_NUMBER, initial=value)
        field.error_messages["invalid"] = f"“{title}”请填写整数。"
        field.error_messages["min_value"] = f"“{title}”不能小于 0。"
    elif isinstance(value, float):
        field = forms.FloatField(label=title, min_value=0, max_value=typed.MOST_NUMBER, initial=value)
        field.error_messages["invalid"] = f"“{title}”请填写数字。"
        field.error_messages["min_value"] = f"“{title}”不能小于 0。"
    elif isinstance(value, str):
        rows = min(16, 2 + len(value) // 60)
        field = forms.CharField(label=title, max_length=20_000, initial=value, widget=forms.Textarea({"rows": rows}))
    else:
        text = typed.as_text(value)
        rows = min(24, max(3, text.count("\n") + 2))
        field = forms.CharField(
            label=title, max_length=typed.MOST_TEXT, initial=text, strip=False, help_text="一行一项，照现有格式增删改。",
            widget=forms.Textarea({"rows": rows, "class": "form-control source-text", "spellcheck": "false"}),
        )  # fmt: skip
    return field


def _short(value: Any) -> str:
    text = typed.as_text(value) if not isinstance(value, str) else value
    return text if len(text) <= 120 else text[:120] + "…"


class BeginForm(Form):
    starts_on = forms.DateField(label="开始日期", widget=DateInput(), initial=clock.today)
    ends_on = forms.DateField(label="截止日期", widget=DateInput(), help_text="当日仍可提出意见。")


class ReasonForm(Form):
    reason = forms.CharField(label="理由", max_length=20_000, widget=forms.Textarea({"rows": 2}))


class OpinionForm(Form):
    clause = forms.ChoiceField(label="针对的条款")
    text = forms.CharField(label="意见和理由", widget=forms.Textarea({"rows": 5}), max_length=20_000)

    def __init__(self, *args: Any, clauses: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["clause"].choices = clauses  # type: ignore[attr-defined]


class StaffOpinionForm(OpinionForm):
    hides_name = forms.BooleanField(label="不向其他人显示我的姓名", required=False)

    def __init__(self, *args: Any, may_hide: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_hide:
            del self.fields["hides_name"]


class CodeForm(Form):
    code = forms.CharField(label="回执码", max_length=80, help_text="形如 ABCD-EFGH-JKMN-PQRS-T，大小写、空格和横线都可以。")


class ModerateForm(Form):
    is_shown = forms.ChoiceField(label="决定", choices=[("yes", "公开"), ("no", "不予公开")], widget=forms.RadioSelect())
    reason = forms.CharField(label="不公开的理由", max_length=20_000, required=False, help_text="如含个人信息、攻击他人；不公开也要答复。")


class AnswerForm(Form):
    outcome = forms.ChoiceField(label="答复", choices=list(rules.OUTCOMES.items()), widget=forms.RadioSelect())
    reason = forms.CharField(label="理由", widget=AREA, max_length=20_000)


class SendForm(Form):
    users = forms.MultipleChoiceField(label="会签人", widget=forms.CheckboxSelectMultiple())

    def __init__(self, *args: Any, signers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["users"].choices = signers  # type: ignore[attr-defined]
        self.fields["users"].widget.attrs["class"] = "form-check-input"


class SignForm(Form):
    agrees = forms.ChoiceField(label="意见", choices=[("yes", "同意"), ("no", "不同意")], widget=forms.RadioSelect())
    reason = forms.CharField(
        label="说明", max_length=20_000, required=False, widget=forms.Textarea({"rows": 2}), help_text="不同意的须写明理由。"
    )
    sha256 = forms.CharField(widget=forms.HiddenInput(), max_length=64)


class PublishForm(Form):
    in_force_on = forms.DateField(label="施行日期", widget=DateInput(), help_text="不早于今天：规则不溯及既往。")
    document_number = forms.CharField(label="文号", max_length=60)
    sha256 = forms.CharField(widget=forms.HiddenInput(), max_length=64)


class TakeUpForm(Form):
    into = forms.ChoiceField(label="放入哪份草案")

    def __init__(self, *args: Any, drafts: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].choices = [("new", "新起草一份"), *drafts]  # type: ignore[attr-defined]
