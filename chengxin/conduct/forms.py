from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from chengxin.conduct import rules
from chengxin.ui.forms import DateInput, Form


class SheetForm(Form):
    """The score sheet with what is noted and nominated beside the player: one form, so that no button loses what another line holds."""

    scene = forms.ChoiceField(label="场景", required=False)
    comment = forms.CharField(label="总评", required=False, max_length=2000, widget=forms.Textarea({"rows": 2}))
    is_unusable = forms.BooleanField(label="这段影像不能判断（须在总评写明原因）", required=False)
    at = forms.CharField(label="时刻", required=False, max_length=12, help_text="分:秒 或 时:分:秒。")
    remark = forms.CharField(label="记录", required=False, max_length=300, help_text="这一刻看到、听到什么。")
    entry = forms.ChoiceField(label="禁止言行", required=False)

    def __init__(
        self, *args: Any, criteria: Iterable[rules.Criterion], scenes: list[tuple[str, str]], entries: dict[str, dict[str, Any]],
        **kwargs: Any,
    ) -> None:  # fmt: skip
        self.criteria = list(criteria)
        super().__init__(*args, **kwargs)
        for each in self.criteria:
            points = forms.IntegerField(label=each.title, required=False, min_value=0, max_value=each.points)
            points.error_messages |= dict.fromkeys(("invalid", "min_value", "max_value"), f"“{each.title}”请填 0 到 {each.points} 的整数。")
            points.widget.attrs |= {"class": "form-control points", "inputmode": "numeric", "aria-describedby": f"of_{each.code}"}
            self.fields[f"points_{each.code}"] = points
            note = forms.CharField(label=f"{each.title}：说明", required=False, max_length=200)
            note.widget.attrs |= {"class": "form-control", "placeholder": "说明（选填）"}
            self.fields[f"note_{each.code}"] = note
        self.fields["scene"].choices = [("", "不确定"), *scenes]  # type: ignore[attr-defined]
        grouped: dict[str, list[tuple[str, str]]] = {}
        for code, each_entry in entries.items():
            grouped.setdefault(each_entry["group"], []).append((code, each_entry["title"]))
        self.fields["entry"].choices = [("", "请选择"), *grouped.items()]  # type: ignore[attr-defined]
        self.fields["at"].widget.attrs |= {"autocomplete": "off", "placeholder": "0:00", "data-film-time": "start"}

    @property
    def lines(self) -> list[tuple[rules.Criterion, Any, Any]]:
        return [(each, self[f"points_{each.code}"], self[f"note_{each.code}"]) for each in self.criteria]

    def sheet(self, given: dict[str, Any]) -> dict[str, Any]:
        """What of the form is the sheet."""
        return {
            "marks": {each.code: given[f"points_{each.code}"] for each in self.criteria},
            "notes": {each.code: given[f"note_{each.code}"] for each in self.criteria},
            "scene": given["scene"], "comment": given["comment"], "is_unusable": given["is_unusable"],
        }  # fmt: skip


class CorrectionForm(Form):
    code = forms.ChoiceField(label="评分项")
    points = forms.IntegerField(label="更正为", min_value=0)
    reason = forms.CharField(label="更正理由", max_length=300, widget=forms.Textarea({"rows": 2}))

    def __init__(self, *args: Any, lines: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = list(lines)  # type: ignore[attr-defined]


class TranscriptForm(Form):
    recording = forms.CharField(label="影像编号", max_length=20, help_text="如 影0000012。")
    file = forms.FileField(
        label="文字稿",
        help_text=".srt、.vtt 或 .json；UTF-8 或 GB18030。",
        error_messages={"empty": "“文字稿”是空文件，请重新选择。"},
    )
    scene = forms.ChoiceField(label="场景", required=False, help_text="选定场景后，没有听到的必备要素也会列出。")

    def __init__(self, *args: Any, scenes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scene"].choices = [("", "不确定"), *scenes]  # type: ignore[attr-defined]
        self.fields["recording"].widget.attrs |= {"autocomplete": "off"}


class MomentForm(Form):
    verdict = forms.ChoiceField(label="观看后认定", choices=[("yes", "属实"), ("no", "不属实")], widget=forms.RadioSelect())
    note = forms.CharField(label="说明", required=False, max_length=300)


class NominateForm(Form):
    entry = forms.ChoiceField(label="禁止言行")
    at = forms.CharField(label="时刻", max_length=12, help_text="分:秒 或 时:分:秒。")
    note = forms.CharField(label="说明", required=False, max_length=300)

    def __init__(self, *args: Any, entries: dict[str, dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entry"].choices = [("", "请选择"), *((code, each["title"]) for code, each in entries.items())]  # type: ignore[attr-defined]


class CoachingForm(Form):
    finding = forms.ChoiceField(label="言行问题")
    held_on = forms.DateField(label="辅导日期", widget=DateInput())
    practised = forms.CharField(
        label="练了什么", max_length=1000, widget=forms.Textarea({"rows": 3}), help_text="如：对照现场执法用语情景演练三遍。"
    )

    def __init__(self, *args: Any, findings: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["finding"].choices = [("", "请选择"), *findings]  # type: ignore[attr-defined]


class FollowUpForm(Form):
    public = forms.CharField(
        label="公开内容", required=False, max_length=120, help_text="由在场的另一人当场报出，如骰子点数；与随机数一起成为种子。"
    )
