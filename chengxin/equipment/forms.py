from __future__ import annotations

import uuid
from typing import Any

from django import forms

from chengxin.equipment import rules
from chengxin.equipment.models import Custody, Liability, StockMovement
from chengxin.ui.forms import DateInput, Form

MOMENT = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


HOW_TO_REPORT = "哪里坏了、何时发现；遗失的写明何时何地。"
GESTURES = [("check_out", "执勤领用"), ("loan", "临时借用"), ("return", "归还")]


class MomentField(forms.DateTimeField):
    """A moment of the bureau's clock, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        formats = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        message = {"invalid": f"“{kwargs.get('label', '')}”请写成 2026-09-30T08:30 这样的时间。"}
        super().__init__(widget=MOMENT, input_formats=formats, error_messages=message, **kwargs)


class MoneyField(forms.CharField):
    """An amount in yuan as people write it; cleaned to fen."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return 0
        fen = rules.price_in_fen(text)
        if fen is None:
            raise forms.ValidationError(f"“{self.label}”请填写金额，如 1280.50。")
        return fen


class ItemForm(Form):
    asset_number = forms.CharField(label="装备编号", max_length=24, help_text="大写字母、数字和短横线，如 JLY-0001。")
    kind = forms.ChoiceField(label="种类")
    model_name = forms.CharField(label="型号", max_length=60)
    serial = forms.CharField(label="序列号", max_length=60, required=False)
    unit = forms.ChoiceField(label="发放单位")
    place = forms.CharField(label="存放位置", max_length=60, required=False, help_text="如：装备室 2 号柜。")
    purchased_on = forms.DateField(label="购置日期", widget=DateInput())
    price = MoneyField(label="单价（元）", max_length=14)
    document = forms.CharField(label="购置凭证", max_length=80, required=False)

    def __init__(self, *args: Any, units: list[tuple[str, str]], kinds: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


class AllocationForm(Form):
    unit = forms.ChoiceField(label="调配到")
    place = forms.CharField(label="存放位置", max_length=60, required=False)

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]


class ReasonForm(Form):
    reason = forms.CharField(label="理由", max_length=200)


class FaultForm(Form):
    description = forms.CharField(
        label="情况", max_length=500, widget=forms.Textarea({"rows": 3}), help_text="哪里坏了、何时发现；遗失的写明何时何地。"
    )
    is_loss = forms.BooleanField(label="装备遗失", required=False)


class CounterForm(Form):
    """The desk's counter: a person, codes one a line, and what is done. ``key`` makes a second sending the same gesture."""

    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)
    gesture = forms.ChoiceField(
        label="办理",
        choices=[("check_out", "执勤领用"), ("loan", "临时借用"), ("return", "归还")],
        widget=forms.RadioSelect(),
        initial="check_out",
    )
    holder = forms.CharField(label="领用人", max_length=80, required=False, help_text="工号或姓名；归还时不填。")
    codes = forms.CharField(
        label="装备", max_length=8000, widget=forms.Textarea({"rows": 5}), help_text="每行一件：扫描标签，或输入装备编号。"
    )
    checked = forms.BooleanField(label="已逐件检查（领用前查电量、内存、时钟、功能，归还时查功能），均合格", required=False)
    reason = forms.CharField(label="借用理由", max_length=200, required=False, help_text="只在临时借用时填写。")
    due_at = MomentField(label="应还时间", required=False, help_text="只在临时借用时填写；执勤领用按班次计算。")
    condition = forms.ChoiceField(label="归还状况", choices=Custody.CONDITIONS, required=False, initial=Custody.GOOD)
    note = forms.CharField(label="归还说明", max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holder"].widget.attrs |= {"list": "person-suggestions", "autocomplete": "off"}


class RepairForm(Form):
    repairer = forms.CharField(label="维修单位", max_length=80)
    expected_on = forms.DateField(label="预计取回", widget=DateInput())


class OutcomeForm(Form):
    repaired = forms.ChoiceField(label="维修结果", choices=[("yes", "修好，待验收"), ("no", "无法修复")], widget=forms.RadioSelect())
    outcome = forms.CharField(label="说明", max_length=200)
    cost = MoneyField(label="维修费（元）", max_length=14, required=False)


class AcceptanceForm(Form):
    passed = forms.ChoiceField(label="验收", choices=[("yes", "通过，恢复使用"), ("no", "不通过，重新维修")], widget=forms.RadioSelect())
    note = forms.CharField(label="验收意见", max_length=200, required=False)


class FoundForm(Form):
    note = forms.CharField(label="在哪里找回", max_length=200)


class LiabilityForm(Form):
    outcome = forms.ChoiceField(label="认定", choices=Liability.OUTCOMES, widget=forms.RadioSelect())
    person = forms.CharField(label="责任人", max_length=80, required=False, help_text="认定个人责任时填写工号或姓名。")
    reasons = forms.CharField(label="理由", max_length=1000, widget=forms.Textarea({"rows": 3}))


class CountForm(Form):
    unit = forms.ChoiceField(label="单位")
    place = forms.CharField(label="位置", max_length=60, required=False, help_text="不填则清点整个单位的在库装备。")

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]


class SettleForm(Form):
    resolution = forms.CharField(label="处理结果", max_length=200)


class StockForm(Form):
    piece = forms.ChoiceField(label="品种与尺码")
    sex = forms.ChoiceField(label="性别", choices=[("male", "男"), ("female", "女")])
    person_class = forms.ChoiceField(label="人员类别", choices=[("established", "在编"), ("auxiliary", "协管")])
    kind = forms.ChoiceField(label="种类", choices=[(k, t) for k, t in StockMovement.KINDS if k in {"received", "disposed", "corrected"}])
    change = forms.IntegerField(label="数量", min_value=-9999, max_value=9999, help_text="入库为正；处置、更正减少的写负数。",
        error_messages={"invalid": "“数量”请填写整数。"})  # fmt: skip
    note = forms.CharField(label="说明", max_length=200, required=False)

    def __init__(self, *args: Any, pieces: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["piece"].choices = pieces  # type: ignore[attr-defined]


class IssueForm(Form):
    piece = forms.ChoiceField(label="品种与尺码")
    quantity = forms.IntegerField(
        label="件数",
        min_value=1,
        max_value=20,
        initial=1,
        error_messages={"min_value": "“件数”至少为 1。", "invalid": "“件数”请填写整数。"},
    )
    exchanges = forms.ChoiceField(label="换发：收回哪一次发放的", required=False)

    def __init__(self, *args: Any, pieces: list[Any], issues: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["piece"].choices = pieces  # type: ignore[attr-defined]
        self.fields["exchanges"].choices = [("", "不是换发"), *issues]  # type: ignore[attr-defined]


class SizesForm(Form):
    """One choice a style."""

    def __init__(self, *args: Any, styles: dict[str, dict[str, Any]], kept: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for style, row in styles.items():
            choices = [("", "未填写"), *((size, size) for size in row["sizes"])]
            widget = forms.Select({"class": "form-select"})
            self.fields[f"size-{style}"] = forms.ChoiceField(
                label=row["title"], choices=choices, required=False, initial=kept.get(style, ""), widget=widget
            )

    def sizes(self) -> dict[str, str]:
        return {name.removeprefix("size-"): size for name, size in self.cleaned_data.items() if size}
