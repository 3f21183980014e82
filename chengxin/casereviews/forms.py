from __future__ import annotations

from typing import Any

from django import forms

from chengxin.casereviews import rules
from chengxin.core import clock
from chengxin.core.quarters import quarter_of
from chengxin.ui.forms import DateInput, Form

MOST_TEXT = 2000


class CaseForm(Form):
    """A closed case; the handlers are typed as staff numbers, as in the sheet."""

    number = forms.CharField(label="案号", max_length=60, help_text="如 城管罚〔2026〕第012号；括号写法不同视为同一案号。")
    title = forms.CharField(label="案件名称", max_length=120)
    unit = forms.ChoiceField(label="单位")
    handlers = forms.CharField(label="承办人工号", max_length=160, help_text="多人用顿号隔开，如 T008、T010。")
    closed_on = forms.DateField(label="结案日期", widget=DateInput())
    procedure = forms.ChoiceField(label="程序", choices=list(rules.PROCEDURES.items()), widget=forms.RadioSelect())

    def __init__(self, *args: Any, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [("", "请选择"), *units]  # type: ignore[attr-defined]


class CorrectForm(CaseForm):
    """A correction of what is registered; the number names the case and stays."""

    reason = forms.CharField(label="更正理由", widget=forms.Textarea({"rows": 2}), max_length=400)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["number"]


class RoundForm(Form):
    quarter = forms.ChoiceField(label="季度", widget=forms.RadioSelect())

    def __init__(self, *args: Any, quarters: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["quarter"].choices = quarters  # type: ignore[attr-defined]
        self.initial.setdefault("quarter", f"{clock.today().year}-{quarter_of(clock.today())}")


class ReasonForm(Form):
    reason = forms.CharField(label="理由", widget=forms.Textarea({"rows": 2}), max_length=200)


class ObjectForm(Form):
    text = forms.CharField(label="异议理由", widget=forms.Textarea({"rows": 3}), max_length=MOST_TEXT)


class PointsForm(Form):
    """A decision that may leave some of the points; they are typed as people write them."""

    points = forms.CharField(label="减少后的扣分", max_length=6, required=False, help_text="只在减少扣分时填写，以 0.5 分为步长，如 2.5。")

    def clean_points(self) -> int | None:
        typed: str = self.cleaned_data["points"]
        if not typed.strip():
            return None
        found = rules.tenths(typed)
        if found is None:
            raise forms.ValidationError("请填写以 0.5 为步长的数，如 2.5。")
        return found


class DecideForm(PointsForm):
    outcome = forms.ChoiceField(label="决定", choices=list(rules.OUTCOMES.items()), widget=forms.RadioSelect())
    reasons = forms.CharField(label="决定理由", widget=forms.Textarea({"rows": 3}), max_length=MOST_TEXT, help_text="被评查单位会看到。")
    field_order = ("outcome", "points", "reasons")


class CorrectMarkForm(PointsForm):
    outcome = forms.ChoiceField(
        label="更正", choices=[(rules.REDUCED, "减少扣分"), (rules.DROPPED, "撤销")], widget=forms.RadioSelect()
    )  # fmt: skip
    reason = forms.CharField(label="更正理由", widget=forms.Textarea({"rows": 2}), max_length=400)
    field_order = ("outcome", "points", "reason")


class PersonForm(Form):
    """Which handler a deduction is to be put right by; empty: the unit."""

    person = forms.ChoiceField(label="责任人", required=False)

    def __init__(self, *args: Any, handlers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", "由单位整改"), *handlers]  # type: ignore[attr-defined]


class SheetForm(Form):
    """The sheet of a version: for each veto a mark and its reason, for each item the points taken off, the reason and the page."""

    def __init__(self, *args: Any, sheet: rules.Sheet, **kwargs: Any) -> None:
        self.sheet = sheet
        super().__init__(*args, **kwargs)

        def add(name: str, made: forms.Field) -> None:
            self.fields[name] = made
            made.widget.attrs.setdefault("class", "form-check-input" if isinstance(made, forms.BooleanField) else "form-control")

        for code, title in sheet.vetoes.items():
            add(f"veto_{code}", forms.BooleanField(label=title, required=False))
            add(f"veto_{code}_reason", forms.CharField(label=f"{title}：理由", max_length=400, required=False))
        for item in sheet.items:
            number = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
            add(f"item_{item.code}", forms.CharField(label=f"{item.title}：扣分", max_length=6, required=False, widget=number))
            add(f"item_{item.code}_reason", forms.CharField(label=f"{item.title}：理由", max_length=400, required=False))
            add(f"item_{item.code}_page", forms.CharField(label=f"{item.title}：页码", max_length=60, required=False))

    def clean(self) -> dict[str, Any]:
        """Everything that is wrong with the sheet at once, each at its item."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        vetoes, taken = self._vetoes(given), self._taken(given)
        self.marks = rules.Marks(vetoes, tuple(taken))
        for code, text in rules.problems(self.marks, self.sheet):
            self._tell(code, text)
        return given

    def _tell(self, code: str, text: str) -> None:
        name = f"item_{code}" if f"item_{code}" in self.fields else f"veto_{code}"
        if text not in self.errors.get(name, ()):
            self.add_error(name if name in self.fields else None, text)

    def _vetoes(self, given: dict[str, Any]) -> dict[str, str]:
        for code, title in self.sheet.vetoes.items():
            if given.get(f"veto_{code}_reason") and not given.get(f"veto_{code}"):
                self._tell(code, f"写了理由但没有勾选“{title}”，请勾选或删去理由。")
        return {code: given.get(f"veto_{code}_reason") or "" for code in self.sheet.vetoes if given.get(f"veto_{code}")}

    def _taken(self, given: dict[str, Any]) -> list[rules.Deduction]:
        found = []
        for item in self.sheet.items:
            points, reason, page = (given.get(f"item_{item.code}{rest}") or "" for rest in ("", "_reason", "_page"))
            number = rules.tenths(points) if points else 0
            if number is None:
                self._tell(item.code, f"“{item.title}”扣分请填写以 {rules.points_text(10 * self.sheet.step)} 为步长的数，如 2.5。")
            elif not points and (reason or page):
                self._tell(item.code, f"“{item.title}”写了理由或页码但没有扣分，请填写扣分或删去。")
            elif number:
                found.append(rules.Deduction(item.code, number, reason, page))
        return found

    def add_domain_error(self, error: Any) -> None:
        """A refusal that names an item lands on that item."""
        if error.field and (f"item_{error.field}" in self.fields or f"veto_{error.field}" in self.fields):
            self._tell(error.field, error.message)
        else:
            self.add_error(None, error.message)

    @property
    def veto_rows(self) -> list[tuple[Any, Any]]:
        return [(self[f"veto_{code}"], self[f"veto_{code}_reason"]) for code in self.sheet.vetoes]

    @property
    def groups(self) -> list[tuple[str, str, list[tuple[rules.Item, Any, Any, Any]]]]:
        """(group, its points, its items with their fields) in the sheet's order."""
        found: dict[str, list[tuple[rules.Item, Any, Any, Any]]] = {}
        for item in self.sheet.items:
            fields = (self[f"item_{item.code}"], self[f"item_{item.code}_reason"], self[f"item_{item.code}_page"])
            found.setdefault(item.group, []).append((item, *fields))
        return [(group, rules.points_text(10 * sum(row[0].cap for row in rows)), rows) for group, rows in found.items()]
