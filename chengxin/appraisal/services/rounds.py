"""The year's round: opened, frozen with a digest, corrected by number only, published, issued (3.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction

from chengxin.appraisal import selectors
from chengxin.appraisal.models import Correction, Nomination, PanelNote, PublicObjection, Round, Snapshot
from chengxin.appraisal.rules import rounds as rules
from chengxin.appraisal.rules import verdicts as verdict_rules
from chengxin.appraisal.selectors import Verdict
from chengxin.appraisal.selectors import policy as policies
from chengxin.appraisal.services.ledger import bring_up_to_date
from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.people import selectors as people
from chengxin.rulebook import selectors as rulebook

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit

LEAST_REASON = 4


def words(text: str, field: str, message: str, *, most: int = 400) -> str:
    """What was typed, without blanks around it. Raises DomainError for fewer than a few characters or too many."""
    said = text.strip()
    if len(said) < LEAST_REASON:
        raise DomainError("too_short", message, field=field)
    if len(said) > most:
        raise DomainError("too_long", f"最多 {most} 字，现在 {len(said)} 字，请缩短。", field=field)
    return said


def locked(round_: Round, *states: str) -> Round:
    """The round as it is now, held. Raises Conflict when it is in none of these states."""
    found = Round.objects.select_for_update().get(pk=round_.pk)
    if states and found.state not in states:
        raise Conflict("other_state", f"{found.year} 年度目前是“{found.get_state_display()}”，不能进行这一步。请刷新页面核对。")
    return found


def _move(round_: Round, action: str) -> None:
    try:
        round_.state = rules.after(round_.state, action)
    except rules.NotPossible as error:
        raise Conflict("not_possible", str(error)) from error


@transaction.atomic
def open_round(actor: Actor, *, year: int) -> Round:
    """Begin the assessment of a year that has begun. Raises Conflict when it is there already."""
    require(actor, "appraisal.run")
    if not 2020 <= year <= clock.today().year:
        raise DomainError("bad_year", f"年度应为 2020 至 {clock.today().year} 年。", field="year")
    made, new = Round.objects.get_or_create(year=year, defaults={"opened_at": clock.now(), "opened_label": actor.label})
    if not new:
        raise Conflict("open_already", f"{year} 年度考核已经启动。", field="year")
    record(actor, "appraisal.round_opened", f"round:{made.pk}", details={"year": year})
    return made


@transaction.atomic
def add_panel_note(actor: Actor, round_: Round, *, text: str, person: Person | None = None, unit: Unit | None = None) -> PanelNote:
    """评优倾斜: what speaks for somebody, for the panel to read. No verdict and no quota changes by it."""
    require(actor, "appraisal.panel")
    round_ = locked(round_, rules.OPEN, rules.FROZEN, rules.PUBLICITY)
    if person is not None and person.pk == actor.person_id:
        raise DomainError("oneself", "不能为本人提出评优意见。", field="person")
    place = unit or (_unit_in(person, round_.year) if person is not None else None)
    if place is None:
        raise DomainError("no_subject", "请选择人员或单位。", field="person")
    made = PanelNote.objects.create(
        round=round_,
        person=person,
        unit=place,
        text=words(text, "text", "请写明意见的依据。"),
        noted_at=clock.now(),
        noted_label=actor.label,
    )
    record(actor, "appraisal.noted", f"round:{round_.pk}", unit_id=place.pk, person_id=person.pk if person else None)
    return made


def _unit_in(person: Person, year: int) -> Unit | None:
    found = selectors.verdict_of(person, year)
    return found.unit if found else people.unit_of(person, clock.today())


@transaction.atomic
def freeze_round(actor: Actor, round_: Round, *, with_open_matters: bool = False, confirmation: str = "") -> Snapshot:
    """Keep everybody's verdict for ever, with SHA-256 and the versions it was judged by.

    Refused while the year runs, by a draft's rules, and while matters are open – unless who freezes confirms by name, in words, that it
    is frozen with them (带着未决事项). Of two who freeze at once one is refused.
    """
    require(actor, "appraisal.run")
    round_ = locked(round_, rules.OPEN)
    last = verdict_rules.year_days(round_.year)[1]
    if clock.today() <= last:
        raise DomainError("year_not_over", f"{round_.year} 年度尚未结束，{last} 之后才能定稿。")
    bring_up_to_date()
    as_of = clock.now()
    policy = policies.policy_on(last)
    if policy.simulated:
        raise DomainError("draft_only", "评优资格规则尚未施行，征求意见稿只能试算，不能定稿。请先印发制度。")
    found = selectors.verdicts_of(round_.year, as_of, policy=policy)
    pending = [each for each in found if each.result == verdict_rules.PENDING]
    confirmed = _confirmed(len(pending), confirmation, given=with_open_matters)
    _move(round_, rules.FREEZE)
    round_.frozen_at, round_.frozen_by, round_.frozen_label = as_of, actor.named_user, actor.label
    round_.save()
    made = _keep(round_, found, policy.versions, len(pending), actor.label if pending else "", confirmed)
    record(
        actor, "appraisal.frozen", f"round:{round_.pk}",
        details={"year": round_.year, "sha256": made.sha256, "persons": len(found), "open_matters": len(pending),
                 "confirmation": confirmed},
    )  # fmt: skip
    return made


def _confirmed(pending: int, confirmation: str, *, given: bool) -> str:
    if not pending:
        return ""
    if not given:
        raise DomainError(
            "open_matters", f"还有 {pending} 人的结论待定（申辩未决、申辩期内或提请未认定）。请先办结，或勾选带着未决事项定稿并写明理由。",
            field="with_open_matters",
        )  # fmt: skip
    return words(confirmation, "confirmation", "请写明为什么带着未决事项定稿。")


def _keep(round_: Round, found: Sequence[Verdict], versions: Sequence[str], pending: int, label: str, confirmation: str) -> Snapshot:
    quota, default, quota_versions = policies.quota_values(verdict_rules.year_days(round_.year)[1])
    assessed = Counter(each.person_class for each in found if each.result in verdict_rules.ASSESSED)
    quotas = {**rules.quotas(assessed, quota["percent"], default), Nomination.COLLECTIVE: quota["collectives"]}
    calendar = rulebook.work_calendar().year(round_.year).version
    rule_versions = [*versions, *quota_versions]
    content = rules.canonical({
        "year": round_.year, "as_of": round_.frozen_at.isoformat() if round_.frozen_at else "", "rules": rule_versions,
        "calendar": calendar,
        "assessed": assessed, "quotas": quotas, "verdicts": [frozen(each) for each in found],
    })  # fmt: skip
    return Snapshot.objects.create(
        round=round_, as_of=round_.frozen_at or clock.now(), content=content, sha256=rules.digest(content), rule_versions=rule_versions,
        calendar_version=calendar, quotas=quotas, open_matters=pending, confirmed_label=label, confirmation=confirmation,
    )  # fmt: skip


def frozen(verdict: Verdict) -> dict[str, Any]:
    """A verdict as the snapshot holds it."""
    return {
        "person": verdict.person.pk, "number": verdict.person.number, "name": verdict.person.name, "class": verdict.person_class,
        "unit": verdict.unit.pk if verdict.unit else None, "unit_name": verdict.unit.name if verdict.unit else "", "result": verdict.result,
        "reasons": [{"clause": each.clause, "text": each.text, "source": each.source, "kind": each.kind} for each in verdict.reasons],
        "points": verdict.standing.points,
    }  # fmt: skip


@transaction.atomic
def correct_verdict(actor: Actor, round_: Round, *, person: Person, cause: str) -> Correction:
    """A numbered correction: the verdict as it is now stands for the frozen one, which stays readable. A nomination that this takes the
    ground from is struck in the same act.

    Raises Conflict when nothing has changed since.
    """
    require(actor, "appraisal.run")
    if person.pk == actor.person_id:
        raise DomainError("oneself", "不能更正本人的结论，须由他人办理。", field="person")
    round_ = locked(round_, rules.FROZEN, rules.PUBLICITY, rules.ISSUED)
    said = words(cause, "cause", "请写明更正的原因。")
    before = selectors.effective_result(round_, person.pk)
    now = selectors.verdict_of(person, round_.year)
    if before is None or now is None:
        raise DomainError("not_there", f"{person.name} 不在 {round_.year} 年度定稿之内。", field="person")
    if now.result == before:
        raise Conflict("unchanged", f"{person.name} 的结论仍是“{now.label}”，没有需要更正的。", field="person")
    made = Correction.objects.create(
        round=round_, number=round_.corrections.count() + 1, person=person, before=before, after=now.result, cause=said,
        reasons=frozen(now)["reasons"], corrected_at=clock.now(), corrected_label=actor.label,
    )  # fmt: skip
    if now.result != verdict_rules.ELIGIBLE:
        for nomination in round_.nominations.filter(person=person, state=Nomination.STANDING):
            strike(actor, nomination, f"更正第 {made.number} 号：{now.label}")
    record(
        actor, "appraisal.corrected", f"round:{round_.pk}", person_id=person.pk,
        details={"number": made.number, "before": before, "after": now.result, "cause": said},
    )  # fmt: skip
    return made


def strike(actor: Actor, nomination: Nomination, reason: str) -> None:
    """Take a nomination off the list within the caller's act; the row stays and says why."""
    nomination.state, nomination.struck_reason = Nomination.STRUCK, reason[:400]
    nomination.struck_at, nomination.struck_label = clock.now(), actor.label
    nomination.save()
    record(
        actor, "appraisal.struck", f"nomination:{nomination.pk}", unit_id=nomination.unit_id, person_id=nomination.person_id,
        details={"reason": reason},
    )  # fmt: skip


@transaction.atomic
def publish_list(actor: Actor, round_: Round) -> Round:
    """公示: everybody signed in may read who is nominated and object, for so many working days from tomorrow on."""
    require(actor, "appraisal.run")
    round_ = locked(round_)
    _move(round_, rules.PUBLISH)
    if not round_.nominations.filter(state=Nomination.STANDING).exists():
        raise DomainError("nobody", "还没有推荐任何人员或集体，不能公示。")
    quota, _, _ = policies.quota_values(clock.today())
    counted = rulebook.work_calendar().nth_workday_after(clock.today(), quota["publicity_workdays"])
    round_.publicity_from, round_.publicity_until = clock.today(), counted.day
    round_.publicity_provisional, round_.calendar_version = counted.provisional, counted.calendar_version
    round_.save()
    record(actor, "appraisal.published", f"round:{round_.pk}", details={"until": str(counted.day), "calendar": counted.calendar_version})
    return round_


@transaction.atomic
def issue_results(actor: Actor, round_: Round, *, document_number: str) -> Round:
    """公布结果, after the publicity period, with every objection decided. From then on only numbered corrections."""
    require(actor, "appraisal.decide")
    round_ = locked(round_)
    _move(round_, rules.ISSUE)
    if round_.publicity_until is not None and clock.today() <= round_.publicity_until:
        raise DomainError("publicity_runs", f"公示期至 {round_.publicity_until}，期满后才能公布。")
    waiting = PublicObjection.objects.filter(nomination__round=round_, outcome="").count()
    if waiting:
        raise DomainError("objections_open", f"还有 {waiting} 件公示异议没有决定，请先决定。")
    round_.document_number = words(document_number, "document_number", "请填写文号。", most=60)
    round_.issued_at, round_.issued_label = clock.now(), actor.label
    round_.save()
    record(actor, "appraisal.issued", f"round:{round_.pk}", details={"document": round_.document_number})
    return round_
