"""Two at once, on real connections: one open draft, one publication, one answer to a form, nothing signed that is not what was read."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from chengxin.audit.models import Entry
from chengxin.consultations import rules, services
from chengxin.consultations.models import Answer, Consultation, Opinion, Signature
from chengxin.core.errors import DomainError
from chengxin.rulebook import services as rulebook
from chengxin.rulebook.models import RuleVersion
from tests.consultations.conftest import AFTER, ENDS, IN_FORCE, TODAY, Made, digest_of, fresh, on
from tests.test_races import at_once, refusals
from tests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


def then(day: Any, call: Callable[[], Any]) -> Callable[[], Any]:
    """The clock of a thread is its own."""

    def run() -> Any:
        with on(day):
            return call()

    return run


def codes(results: list[Any]) -> set[str]:
    return {each.code for each in results if isinstance(each, DomainError)}


def test_two_publishers_at_once_publish_once(transactional_db: None, world: World, signed: Made) -> None:
    found, actor = signed(), world.actor("局长")
    given: dict[str, Any] = {"in_force_on": IN_FORCE, "document_number": "城管〔2026〕12号", "sha256": digest_of(found)}
    results = at_once(*(then(AFTER, lambda: services.publish_draft(actor, found, **given)) for _ in range(4)))
    assert (refusals(results), codes(results)) == (3, {"not_possible"})
    assert RuleVersion.objects.filter(number=2).count() == 2
    assert Entry.objects.filter(action="consultations.published").count() == 1
    assert Entry.objects.filter(action="rulebook.published").count() == 2


def test_two_drafts_opened_at_once_are_one_open_draft(transactional_db: None, world: World, draft: Made) -> None:
    drafts, actor = [draft(title=f"第 {number} 份") for number in range(4)], world.actor("督察")

    def begin(found: Consultation) -> Callable[[], Any]:
        return then(TODAY, lambda: services.begin_consultation(actor, found, starts_on=TODAY, ends_on=ENDS))

    results = at_once(*map(begin, drafts))
    assert (refusals(results), codes(results)) == (3, {"another_open"})
    assert Consultation.objects.filter(is_running=True).count() == 1
    assert Entry.objects.filter(action="consultations.opened").count() == 1


def test_a_rule_published_past_a_draft_that_is_just_being_opened_is_before_it_or_refused(
    transactional_db: None, world: World, draft: Made
) -> None:
    found, leader, office = draft(), world.actor("局长"), world.actor("督察")
    opened, published = at_once(
        then(TODAY, lambda: services.begin_consultation(office, found, starts_on=TODAY, ends_on=ENDS)),
        then(
            TODAY,
            lambda: rulebook.publish_version(
                leader, "findings.repeat", values={"count": 5}, in_force_on=TODAY, document_number="城管〔2026〕11号"
            ),
        ),
    )
    if isinstance(published, DomainError):
        assert published.code == "draft_open"
        assert fresh(found).state == rules.OPEN
    else:  # then what the draft was written against is no more
        assert opened.code == "stale"
        assert fresh(found).state == rules.PREPARING
    assert refusals([opened, published]) == 1


def test_a_change_and_a_publication_at_once_never_publish_what_was_not_signed(transactional_db: None, world: World, signed: Made) -> None:
    found = signed()
    sha256 = digest_of(found)
    leader, office = world.actor("局长"), world.actor("督察")
    published, changed = at_once(
        then(AFTER, lambda: services.publish_draft(leader, found, in_force_on=IN_FORCE, document_number="城管〔2026〕12号", sha256=sha256)),
        then(AFTER, lambda: services.change_values(office, found, rule="findings.repeat", values={"count": 9}, reason="再放宽")),
    )
    assert refusals([published, changed]) == 1
    versions = list(RuleVersion.objects.filter(rule__code="findings.repeat", number=2))
    if isinstance(changed, DomainError):
        assert versions[0].values["count"]["value"] == 4
    else:
        assert (versions, fresh(found).state) == ([], rules.CLOSED)


def test_a_signature_and_a_change_at_once_leave_no_signature_to_another_text(transactional_db: None, world: World, signing: Made) -> None:
    found = signing()
    sha256, leader, office = digest_of(found), world.actor("局长"), world.actor("督察")
    at_once(
        then(AFTER, lambda: services.sign_draft(leader, found, agrees=True, reason="", sha256=sha256)),
        then(AFTER, lambda: services.change_values(office, found, rule="findings.repeat", values={"count": 9}, reason="再放宽")),
    )
    assert not Signature.objects.filter(round__ended_at=None).exists()
    assert fresh(found).state == rules.CLOSED


def test_a_form_sent_four_times_at_once_is_one_opinion_with_one_code(transactional_db: None, world: World, opened: Made) -> None:
    found, key = opened(), uuid.uuid4()
    results = at_once(
        *(
            then(TODAY, lambda: services.send_opinion(found, clause="3.1", text="期限再短一些", form_key=key, who="1.2.3.4"))
            for _ in range(4)
        )
    )
    assert refusals(results) == 0
    assert len({each.code for each in results}) == Opinion.objects.count() == 1
    assert Entry.objects.filter(action="consultations.opined").count() == 1


def test_two_answers_at_once_are_numbered_and_both_kept(transactional_db: None, world: World, opened: Made, said: Made) -> None:
    opinion = said(opened())
    one, two = world.actor("局长"), world.actor("督察乙")
    results = at_once(
        then(TODAY, lambda: services.answer_opinion(one, opinion, outcome="adopted", reason="采纳")),
        then(TODAY, lambda: services.answer_opinion(two, opinion, outcome="declined", reason="不采纳")),
    )
    assert refusals(results) == 0
    assert sorted(Answer.objects.values_list("number", flat=True)) == [1, 2]


def test_an_opinion_at_the_moment_of_closing_is_answered_first_or_refused(
    transactional_db: None, world: World, opened: Made, said: Made
) -> None:
    found = opened()
    services.answer_opinion(world.actor("局长"), said(found), outcome="adopted", reason="好")
    office, officer = world.actor("督察"), world.actor("协管")
    at_once(
        then(AFTER, lambda: services.close_consultation(office, found)),
        then(ENDS, lambda: services.give_opinion(officer, found, clause="3.1", text="最后一刻的意见", form_key=uuid.uuid4())),
    )
    closed = fresh(found).state == rules.CLOSED
    assert Opinion.objects.filter(answers=None).count() == (0 if closed else 1)
