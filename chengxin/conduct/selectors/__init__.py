"""Questions about conduct: the norms of a day, who signed them, what waits for whom (2.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef
from django.urls import reverse

from chengxin.conduct import rules
from chengxin.conduct.catalog import SECTION
from chengxin.conduct.models import SignOff
from chengxin.conduct.selectors import coaching, reviews, transcripts
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import DomainError, NotFound
from chengxin.core.waiting import Waiting
from chengxin.people import selectors as people
from chengxin.people.models import Assignment, Person
from chengxin.rulebook import selectors as rulebook
from chengxin.ui.together import Counted, Inquiry, joined

if TYPE_CHECKING:
    from chengxin.rulebook.models import RuleVersion

PHRASES, SHEET, PROHIBITED = "conduct.phrases", "conduct.sheet", "conduct.prohibited"
SIGNING = ("established", "auxiliary")  # whoever wears the uniform; the same rule for both


def conduct_policy_at(on: dt.date, *, simulate: bool = True) -> rules.ConductPolicy:
    """The phrase norms of a day; the draft's where nothing is in force, unless it must carry a consequence.

    Raises DomainError for rule data that cannot be used (a phrase of one character).
    """
    values = rulebook.rule_values(PHRASES, on, simulate=simulate)
    try:
        return rules.conduct_policy(values.values, _scene_titles(), values.version, simulated=values.simulated)
    except rules.Misfit as error:
        raise DomainError("bad_phrases", f"文明用语规则有误：{error}请在制度中更正。") from error


def prove_phrases(values: Mapping[str, Any]) -> None:
    """Whether phrase norms could be worked with. Raises DomainError naming what does not fit."""
    try:
        rules.conduct_policy(values, _scene_titles(), "")
    except (rules.Misfit, KeyError, TypeError) as error:
        told = str(error) if isinstance(error, rules.Misfit) else "缺少必需的内容或格式不对。"
        raise DomainError("bad_phrases", f"文明用语规则有误：{told}请更正后再发布。", field="values") from error


def sheet_policy_at(on: dt.date) -> rules.SheetPolicy:
    """The score sheet of a day."""
    values = rulebook.rule_values(SHEET, on, simulate=True)
    return rules.sheet_policy(values.values, values.version, simulated=values.simulated)


def entries_at(on: dt.date) -> dict[str, dict[str, Any]]:
    """The entries of 2.3.2 by their code."""
    return {each["code"]: each for each in rulebook.rule_values(PROHIBITED, on, simulate=True)["entries"]}


def _scene_titles() -> dict[str, str]:
    return {"patrol": "巡查劝导", "enforcement": "现场执法", "service": "便民服务"}


def scene_choices() -> list[tuple[str, str]]:
    return list(_scene_titles().items())


def scene_for(policy: rules.ConductPolicy, code: str) -> rules.Scene:
    """A scene by its code. Raises NotFound."""
    found = policy.scene(code)
    if found is None:
        raise NotFound("no_scene", "没有这个场景。")
    return found


# --- sign-offs ---


def version_in_force() -> RuleVersion | None:
    """The phrase norms that hold today; None where there is only a draft, which nobody signs."""
    return rulebook.rule_in_force(PHRASES, clock.today())


def sign_off_of(person_id: int | None, label: str) -> SignOff | None:
    """Whether somebody signed a version."""
    return SignOff.objects.filter(person_id=person_id or 0, rule_version=label).first()


def must_sign(person_id: int | None) -> bool:
    """Whether somebody is an officer or an auxiliary in post."""
    return Person.objects.filter(pk=person_id or 0, person_class__in=SIGNING, left_on=None).exists()


def signing_in(actor: Actor, label: str) -> Any:
    """Everybody of today within reach who has to sign, one row each, and whether that was done."""
    reach = actor.units_for("conduct.sign_offs")
    rows = Assignment.objects.filter(period__contains=clock.today(), person__person_class__in=SIGNING, person__left_on=None)
    rows = rows if reach is None else rows.filter(unit_id__in=reach)
    signed = SignOff.objects.filter(person=OuterRef("person"), rule_version=label)
    return rows.annotate(
        is_signed=Exists(signed), signed_at=signed.values("signed_at")[:1], name=F("person__name"), number=F("person__number"),
        person_class=F("person__person_class"), unit_name=F("unit__name"),
    )  # fmt: skip


@dataclass(frozen=True)
class Signed:
    """How many of those who have to sign did."""

    done: int
    due: int


def signed_in(actor: Actor, label: str) -> Signed:
    rows = list(signing_in(actor, label).values_list("is_signed", flat=True))
    return Signed(sum(rows), len(rows))


def unit_choices(actor: Actor) -> list[tuple[str, str]]:
    return people.unit_choices(actor)


# --- what waits ---


def work_waiting_for(actor: Actor) -> list[Waiting]:
    """The own signature, recordings to review, moments to watch, coaching to give, people to draw again."""
    return joined(inquiries(actor))


def inquiries(actor: Actor) -> list[Inquiry[list[Waiting]]]:
    """The questions behind ``work_waiting_for``, to be asked with those of other rooms."""
    return [
        _to_sign(actor), reviews.waiting_for_review(actor), transcripts.waiting_moments(actor), coaching.waiting_to_coach(actor),
        coaching.waiting_to_draw(actor),
    ]  # fmt: skip


def _to_sign(actor: Actor) -> Inquiry[list[Waiting]]:
    if not actor.may("conduct.practise") or actor.person_id is None:
        return []
    norms = rulebook.rule_values(PHRASES, clock.today(), simulate=True)
    signed = SignOff.objects.filter(person=OuterRef("pk"), rule_version=norms.version)
    if norms.simulated:
        return []
    due = Counted(Person.objects.filter(~Exists(signed), pk=actor.person_id, person_class__in=SIGNING, left_on=None))
    yield due
    if not due.n:
        return []
    return [Waiting("学习文明用语并签名", reverse("conduct:cards"), SECTION, "conduct.sign", detail=norms.version)]
