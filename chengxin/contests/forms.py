from __future__ import annotations

import uuid
from typing import Any

from django import forms

from chengxin.contests import rules
from chengxin.core import clock
from chengxin.ui.forms import DateInput, Form


class KeyedForm(Form):
    """``key`` makes a second sending of the same form the same act."""

    key = forms.UUIDField(widget=forms.HiddenInput(), initial=uuid.uuid4)


class ContestForm(KeyedForm):
    kind = forms.ChoiceField(label="种类", choices=list(rules.KINDS.items()))
    subject = forms.ChoiceField(label="参赛方式", choices=list(rules.SUBJECTS.items()))
    title = forms.CharField(label="名称", max_length=80)
    held_on = forms.DateField(label="日期", widget=DateInput())
    place = forms.CharField(label="地点", max_length=80, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("held_on", clock.today())


class RulesForm(Form):
    """What organisers choose before entries are closed; one weight for each round."""

    drop = forms.ChoiceField(label="去分方式", choices=list(rules.DROPS.items()))
    drop_from = forms.IntegerField(label="去分的最少评分表数", help_text="评分表达到这个份数才去一个最高分和一个最低分。")
    minimum_judges = forms.IntegerField(label="每名选手最少评委数", help_text="只计不需要回避的评委。")
    places_shown = forms.IntegerField(label="公布到第几名", help_text="个人竞赛只公布这些名次，其余只有本人看到。")
    tie_round = forms.ChoiceField(label="同分先比环节")
    tie_criterion = forms.ChoiceField(label="再比评分项", help_text="仍相同的并列。")

    def __init__(self, *args: Any, policy: rules.Policy, **kwargs: Any) -> None:
        self.policy = policy
        ties = [*policy.ties, "", ""]
        rounds = {each.code for each in policy.rounds}
        initial = {
            "drop": policy.drop, "drop_from": policy.drop_from, "minimum_judges": policy.minimum_judges,
            "places_shown": policy.places_shown, "tie_round": next((code for code in ties if code in rounds), ""),
            "tie_criterion": next((code for code in ties if code and code not in rounds), ""),
        }  # fmt: skip
        super().__init__(*args, initial=initial, **kwargs)
        none = [("", "不比")]
        self.fields["tie_round"].choices = none + [(each.code, each.title) for each in policy.rounds]  # type: ignore[attr-defined]
        self.fields["tie_criterion"].choices = none + [(each.code, each.title) for each in policy.criteria]  # type: ignore[attr-defined]
        for name in ("tie_round", "tie_criterion"):
            self.fields[name].required = False
        for each in policy.rounds:
            self.fields[f"weight_{each.code}"] = forms.IntegerField(
                label=f"“{each.title}”的权重", initial=each.weight, widget=forms.NumberInput({"class": "form-control"})
            )

    def chosen(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the command is called with."""
        return {
            "drop": given["drop"], "drop_from": given["drop_from"], "minimum_judges": given["minimum_judges"],
            "places_shown": given["places_shown"], "ties": [code for code in (given["tie_round"], given["tie_criterion"]) if code],
            "weights": {each.code: given[f"weight_{each.code}"] for each in self.policy.rounds},
        }  # fmt: skip


class EntryForm(KeyedForm):
    unit = forms.ChoiceField(label="单位")
    title = forms.CharField(label="队名", max_length=80, required=False)
    persons = forms.CharField(label="参赛人员", widget=forms.Textarea({"rows": 5}), max_length=2000)

    def __init__(self, *args: Any, units: list[tuple[str, str]], of_persons: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        if of_persons:
            del self.fields["title"]
            self.fields["persons"].widget = forms.TextInput({"class": "form-control", "list": "person-suggestions", "autocomplete": "off"})
            self.fields["persons"].help_text = "工号或姓名；在编和协管人员同样参赛。"
        else:
            self.fields["title"].required = True
            self.fields["persons"].help_text = "每行一人，填工号或姓名；在编和协管人员同样参赛。"

    @property
    def lines(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["persons"].splitlines() if line.strip()]


class JudgeForm(Form):
    person = forms.ChoiceField(label="评委")
    reason = forms.CharField(label="理由", max_length=200, required=False, help_text="评分开始后增补的须写明。")

    def __init__(self, *args: Any, judges: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", "请选择"), *judges]  # type: ignore[attr-defined]


class PlainForm(Form):
    """A step that asks for nothing."""


class ReasonForm(Form):
    reason = forms.CharField(label="理由", max_length=200, widget=forms.Textarea({"rows": 2}))


class MoveForm(Form):
    held_on = forms.DateField(label="改到", widget=DateInput())
    place = forms.CharField(label="地点", max_length=80, required=False)
    reason = forms.CharField(label="理由", max_length=200, widget=forms.Textarea({"rows": 2}))


class DrawForm(Form):
    public = forms.CharField(
        label="公开内容", max_length=120, widget=forms.TextInput({"autocomplete": "off"}),
        help_text="由在场的另一人当场报出，如骰子点数；与随机数一起成为种子，谁都不能单独决定次序。",
    )  # fmt: skip


class ConfirmForm(Form):
    """The digest of the result as the chief sees it."""

    sha256 = forms.CharField(widget=forms.HiddenInput(), max_length=64)


class CorrectionForm(KeyedForm):
    number = forms.IntegerField(label="出场号", required=False, help_text="只涉及一个参赛者时填写。")
    place = forms.IntegerField(label="更正后的名次", required=False)
    text = forms.CharField(label="更正内容", max_length=400, widget=forms.Textarea({"rows": 3}))
    reason = forms.CharField(label="理由", max_length=400, widget=forms.Textarea({"rows": 2}))
