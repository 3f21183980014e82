from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms

from chengxin.core import clock
from chengxin.ui.forms import DateInput, Form


class LeaveForm(Form):
    """No field asks why."""

    starts_on = forms.DateField(label="起", widget=DateInput())
    until = forms.DateField(label="止（含当日）", widget=DateInput())


class SwapForm(Form):
    shift = forms.ChoiceField(label="换出的班次")
    other = forms.ChoiceField(label="接班人")
    against = forms.DateField(label="换入对方哪天的班", required=False, widget=DateInput(), help_text="只请人代班时不填。")

    def __init__(self, *args: Any, shifts: list[Any], colleagues: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shift"].choices = [(str(s.pk), f"{s.day:%m-%d} {s.title}") for s in shifts]  # type: ignore[attr-defined]
        self.fields["other"].choices = [(str(p.pk), p.name) for p in colleagues]  # type: ignore[attr-defined]


class DecisionForm(Form):
    granted = forms.ChoiceField(label="决定", choices=[("yes", "同意"), ("no", "不同意")], widget=forms.RadioSelect())
    note = forms.CharField(label="意见", max_length=200, required=False)


def wanted_in(posted: Any, members: list[int], days: list[dt.date]) -> dict[tuple[int, dt.date], str]:
    """The grid of a posted week: what is wanted for each member and day that can still be planned and was on the sheet."""
    today = clock.today()
    names = {(person, day): f"shift-{person}-{day}" for person in members for day in days if day >= today}
    return {key: posted[name] for key, name in names.items() if name in posted}
