"""Forms whose errors name the field and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from chengxin.core.errors import DomainError


class Form(forms.Form):
    """A plain Django form; a refusal of the domain lands on the field it names."""

    use_required_attribute = False  # the browser's own bubbles are in the browser's language, ours are not

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("class", _css_class(field.widget))

    def full_clean(self) -> None:
        """Errors name the field and the remedy, for fields a form adds by itself as well."""
        for field in self.fields.values():
            field.error_messages["required"] = f"请填写“{field.label}”。"
            if isinstance(field, forms.ChoiceField):
                field.error_messages["invalid_choice"] = f"“{field.label}”请从列表中选择。"
            elif isinstance(field, forms.DateField):
                field.error_messages["invalid"] = f"“{field.label}”请写成 2026-09-30 这样的日期。"
        super().full_clean()

    def carry_out(self, command: Callable[[dict[str, Any]], Any]) -> bool:
        """Call a command with what was filled in; a refusal lands on the form. Whether the command was carried out."""
        if not self.is_bound or not self.is_valid():
            return False
        try:
            command(dict(self.cleaned_data))
        except DomainError as error:
            self.add_domain_error(error)
            return False
        return True

    def add_domain_error(self, error: DomainError) -> None:
        """Show a refusal beside the field it names, or above the form."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


def _css_class(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput | forms.RadioSelect):
        return "form-check-input"
    if isinstance(widget, forms.Select):
        return "form-select"
    return "form-control"
