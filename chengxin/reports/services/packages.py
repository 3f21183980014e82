"""Commands of a year's package: begun, completed by people, frozen whole, issued, corrected by numbered errata (2.4.5)."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError
from chengxin.reports import rules
from chengxin.reports.models import CarriedOver, Erratum, NextMeasure, YearPackage
from chengxin.reports.selectors import sections
from chengxin.rulebook import selectors as rulebook
from chengxin.rulekit.draws import canonical

if TYPE_CHECKING:
    from chengxin.people.models import Person, Unit


@transaction.atomic
def prepare_package(actor: Actor, *, year: int) -> YearPackage:
    """Begin the package of a year that runs or is over. Beginning again gives the one there is.

    Raises DomainError (field "year") for a year to come.
    """
    require(actor, "reports.prepare")
    if not rules.EARLIEST <= year <= clock.today().year:
        raise DomainError("bad_year", f"年度请填写 {rules.EARLIEST} 至 {clock.today().year} 之间的年份。", field="year")
    try:
        with transaction.atomic():
            made = YearPackage.objects.create(year=year, prepared_at=clock.now(), prepared_label=actor.label)
    except IntegrityError:
        return YearPackage.objects.get(year=year)  # there is one, or the other of two simultaneous clicks was first
    record(actor, "reports.prepared", f"year_package:{made.pk}", details={"year": year})
    return made


@transaction.atomic
def add_next_measure(
    actor: Actor, package: YearPackage, *, text: str, unit: Unit, due_on: dt.date, clause: str, entry: str = ""
) -> NextMeasure:
    """What is meant to be done next year. Raises DomainError (fields "text", "due_on", "clause"), Conflict once frozen."""
    package = _draft(actor, package)
    words = _measure_text(package, text, due_on, clause)
    made = NextMeasure.objects.create(
        package=package, clause=clause, entry=entry, text=words, unit=unit, due_on=due_on, by_label=actor.label, at=clock.now()
    )  # fmt: skip
    record(actor, "reports.measure_added", f"year_package:{package.pk}", unit_id=unit.pk, details={"measure": made.pk, "text": words})
    return made


@transaction.atomic
def change_next_measure(actor: Actor, measure: NextMeasure, *, text: str, unit: Unit, due_on: dt.date, clause: str) -> NextMeasure:
    """Word a measure anew, give it to another unit, set another day. Its history keeps how it was."""
    package = _draft(actor, measure.package)
    measure = NextMeasure.objects.select_for_update().get(pk=measure.pk)
    measure.text, measure.unit, measure.due_on, measure.clause = _measure_text(package, text, due_on, clause), unit, due_on, clause
    measure.by_label, measure.at = actor.label, clock.now()
    measure.save()
    record(actor, "reports.measure_changed", f"year_package:{package.pk}", unit_id=unit.pk, details={"measure": measure.pk})
    return measure


@transaction.atomic
def remove_next_measure(actor: Actor, measure: NextMeasure) -> None:
    """Take a line out of a draft; it bound nobody yet, and its history keeps it."""
    package = _draft(actor, measure.package)
    details = {"measure": measure.pk, "text": measure.text}
    NextMeasure.objects.filter(pk=measure.pk).delete()
    record(actor, "reports.measure_removed", f"year_package:{package.pk}", details=details)


@transaction.atomic
def carry_over(actor: Actor, package: YearPackage, *, keys: Sequence[str], responsible: Person, reason: str) -> list[CarriedOver]:
    """Say of open matters who answers for them next year, and why they are still open. Said anew, the newest counts.

    Raises DomainError (fields "keys", "reason", "responsible") and Conflict for a matter that is not open any more.
    """
    package = _draft(actor, package)
    words = reason.strip()[:300]
    if not keys:
        raise DomainError("nothing_chosen", "请勾选要转结的未了事项。", field="keys")
    if not words:
        raise DomainError("no_reason", "请写明为什么没有办结、下年度怎样办。", field="reason")
    if responsible.left_on is not None and responsible.left_on <= clock.today():
        raise DomainError("left", f"{responsible.name} 已离队，请填写在岗的责任人。", field="responsible")
    confirmed = actor.named_user
    still_open = {item.key: item.text for item in sections.open_items_of(sections.content_of(package.year, clock.now()))}
    gone = [key for key in keys if key not in still_open]
    if gone:
        raise Conflict("not_open", f"有 {len(gone)} 件已经办结或不在清单中，请刷新页面后重新勾选。", field="keys")
    made = [
        CarriedOver.objects.update_or_create(
            package=package, key=key,
            defaults={
                "text": still_open[key][:400], "responsible": responsible, "reason": words, "confirmed_by": confirmed,
                "confirmed_label": actor.label, "confirmed_at": clock.now(),
            },
        )[0]
        for key in dict.fromkeys(keys)
    ]  # fmt: skip
    record(
        actor, "reports.carried_over", f"year_package:{package.pk}", person_id=responsible.pk,
        details={"keys": [each.key for each in made], "reason": words},
    )  # fmt: skip
    return made


@transaction.atomic
def freeze_package(actor: Actor, package: YearPackage) -> YearPackage:
    """Keep everything the package says, with its digest and the rule versions; from then on nothing changes it.

    Raises Conflict while the year is not over, while an open matter is neither settled nor carried over, or once frozen.
    """
    package = _draft(actor, package)
    now = clock.now()
    content = sections.content_of(package.year, now)
    open_matters = {item.key: item.text for item in sections.open_items_of(content)}
    why = rules.why_not_frozen(package.year, clock.local_day(now), open_matters, set(package.carried.values_list("key", flat=True)))
    if why:
        raise Conflict("not_ready", why)
    snapshot = canonical(content)
    package.state, package.snapshot, package.sha256 = YearPackage.FROZEN, snapshot.decode(), hashlib.sha256(snapshot).hexdigest()
    package.versions, package.as_of = content["versions"], now
    package.frozen_by, package.frozen_label = actor.named_user, actor.label
    package.save()
    record(
        actor, "reports.frozen", f"year_package:{package.pk}",
        details={"year": package.year, "sha256": package.sha256, "carried_over": len(open_matters)},
    )  # fmt: skip
    return package


@transaction.atomic
def issue_package(actor: Actor, package: YearPackage, *, document_number: str) -> YearPackage:
    """Issue what was frozen. Raises DomainError (field "document_number"), Conflict for a draft or one issued before."""
    require(actor, "reports.issue")
    package = _locked(package)
    if package.state != YearPackage.FROZEN:
        raise Conflict("not_frozen", "请先定稿再印发。" if package.is_draft else "已经印发，不能重复印发；更正请登记勘误。")
    number = document_number.strip()[:60]
    if not number:
        raise DomainError("no_number", "请填写发文字号，例如 城管〔2027〕3号。", field="document_number")
    _ = actor.named_user
    package.state, package.document_number = YearPackage.ISSUED, number
    package.issued_at, package.issued_label = clock.now(), actor.label
    package.save()
    record(actor, "reports.issued", f"year_package:{package.pk}", details={"year": package.year, "document_number": number})
    return package


@transaction.atomic
def add_erratum(actor: Actor, package: YearPackage, *, text: str) -> Erratum:
    """Say what is wrong in a frozen package. The figures stay; the erratum is printed after them, with its number."""
    require(actor, "reports.prepare")
    package = _locked(package)
    words = text.strip()[:500]
    if package.is_draft:
        raise Conflict("draft", "草稿可以直接修改，不需要勘误。")
    if not words:
        raise DomainError("no_text", "请写明哪一处有误、应为什么。", field="text")
    _ = actor.named_user
    made = Erratum.objects.create(package=package, number=package.errata.count() + 1, text=words, by_label=actor.label, at=clock.now())
    record(actor, "reports.erratum_added", f"year_package:{package.pk}", details={"number": made.number, "text": words})
    return made


@transaction.atomic
def record_download(actor: Actor, package: YearPackage, *, form: str) -> None:
    """The files name persons: each taking away is kept."""
    require(actor, "reports.read")
    record(actor, "reports.downloaded", f"year_package:{package.pk}", details={"year": package.year, "form": form, "state": package.state})


def _draft(actor: Actor, package: YearPackage) -> YearPackage:
    require(actor, "reports.prepare")
    package = _locked(package)
    if not package.is_draft:
        raise Conflict("frozen", f"{package.year} 年度年终材料{package.get_state_display()}，内容不再变动；更正请登记勘误。")
    return package


def _locked(package: YearPackage) -> YearPackage:
    """The package as it is now, until the transaction ends: of two freezes at once the second finds it frozen."""
    return YearPackage.objects.select_for_update().get(pk=package.pk)


def _measure_text(package: YearPackage, text: str, due_on: dt.date, clause: str) -> str:
    words = text.strip()
    if len(words) < 4:
        raise DomainError("no_text", "请写明要做什么。", field="text")
    if len(words) > 300:
        raise DomainError("too_long", f"措施有 {len(words)} 字，请缩短到 300 字以内。", field="text")
    if due_on.year != package.year + 1:
        raise DomainError("bad_day", f"下年度措施的完成期限应在 {package.year + 1} 年之内。", field="due_on")
    if not rulebook.clause_exists(clause):
        raise DomainError("no_clause", f"方案中没有条款 {clause}。", field="clause")
    return words
