"""What can be done about a bulletin: each door with its form and command, in the order of a month."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chengxin.bulletins import forms, rules
from chengxin.bulletins.models import Bulletin
from chengxin.bulletins.services import afterwards, drafting, issuing
from chengxin.core.actor import Actor
from chengxin.people import selectors as people
from chengxin.ui.forms import Form


@dataclass(frozen=True)
class Door:
    """Something to do with a bulletin: who may, when it makes sense, its form and command."""

    title: str
    capability: str
    makes_sense: Callable[[Actor, Bulletin], bool]
    form: Callable[[Any, Actor, Bulletin], Form]
    act: Callable[[Actor, Bulletin, dict[str, Any]], Any]
    done: str


def _in(*states: str) -> Callable[[Actor, Bulletin], bool]:
    return lambda _, bulletin: bulletin.state in states


def _wording_form(data: Any, _: Actor, bulletin: Bulletin) -> Form:
    return forms.WordingForm(data, initial={"practice": bulletin.practice, "outlook": bulletin.outlook})


def _task_form(data: Any, actor: Actor, _: Bulletin) -> Form:
    return forms.TaskForm(data, units=people.unit_choices(actor))


def _plan_task(actor: Actor, bulletin: Bulletin, given: dict[str, Any]) -> Any:
    unit = people.unit_for(actor, int(given.pop("unit")), "bulletins.draft")
    return drafting.plan_task(actor, bulletin, unit=unit, **given)


def _sign_form(data: Any, _: Actor, bulletin: Bulletin) -> Form:
    return forms.SignForm(data, initial={"sha256": bulletin.snapshot.sha256 if bulletin.snapshot else ""})


def _may_sign(actor: Actor, bulletin: Bulletin) -> bool:
    return bulletin.state == rules.FROZEN and bulletin.frozen_by != actor.user_id


def _own_units(actor: Actor, bulletin: Bulletin) -> list[Any]:
    return issuing.units_to_acknowledge(actor, bulletin, list(people.squadrons()))


def _acknowledge_form(data: Any, actor: Actor, bulletin: Bulletin) -> Form:
    return forms.AcknowledgeForm(data, units=[(str(unit.pk), unit.name) for unit in _own_units(actor, bulletin)])


def _acknowledge(actor: Actor, bulletin: Bulletin, given: dict[str, Any]) -> Any:
    unit = people.unit_for(actor, int(given["unit"]), "bulletins.acknowledge")
    return issuing.acknowledge_bulletin(actor, bulletin, unit=unit)


DOORS: dict[str, Door] = {
    "acknowledge": Door(
        "签收", "bulletins.acknowledge", lambda actor, bulletin: bool(_own_units(actor, bulletin)), _acknowledge_form, _acknowledge,
        "已签收。",
    ),
    "sign": Door(
        "签发", "bulletins.sign", _may_sign, _sign_form,
        lambda actor, bulletin, given: issuing.sign_bulletin(actor, bulletin, **given), "已签发，数字、文字和模板不再改动。",
    ),
    "return": Door(
        "退回", "bulletins.sign", _in(rules.FROZEN), lambda data, *_: forms.ReturnForm(data),
        lambda actor, bulletin, given: issuing.return_bulletin(actor, bulletin, **given), "已退回，重新冻结后再签发。",
    ),
    "issue": Door(
        "印发", "bulletins.issue", _in(rules.SIGNED), lambda data, *_: forms.IssueForm(data),
        lambda actor, bulletin, given: issuing.issue_bulletin(actor, bulletin, **given), "已印发，各中队可以查看和签收。",
    ),
    "number": Door(
        "填写发文字号", "bulletins.issue",
        lambda _, bulletin: bulletin.state in {rules.SIGNED, rules.ISSUED} and not bulletin.document_number,
        lambda data, *_: forms.NumberForm(data), lambda actor, bulletin, given: issuing.give_number(actor, bulletin, **given), "已填写。",
    ),
    "wording": Door(
        "好的做法和下一步", "bulletins.draft", _in(rules.DRAFT, rules.FROZEN), _wording_form,
        lambda actor, bulletin, given: drafting.word_bulletin(actor, bulletin, **given), "已保存。",
    ),
    "task": Door(
        "列入任务", "bulletins.draft", _in(rules.DRAFT, rules.FROZEN), _task_form, _plan_task, "已列入，印发后由责任单位办理。",
    ),
    "freeze": Door(
        "冻结数据", "bulletins.draft", _in(rules.DRAFT), lambda data, *_: Form(data),
        lambda actor, bulletin, _: drafting.freeze_bulletin(actor, bulletin), "数据已冻结，等待局领导签发。",
    ),
    "erratum": Door(
        "更正", "bulletins.draft", _in(rules.ISSUED), lambda data, *_: forms.ErratumForm(data),
        lambda actor, bulletin, given: afterwards.add_erratum(actor, bulletin, **given), "已编号更正，原通报不变。",
    ),
}  # fmt: skip
