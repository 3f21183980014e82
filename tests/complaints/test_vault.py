"""Who complained: sealed with a key outside the database, seen by one who asked and was agreed to, for some hours, each look kept (3.2)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cryptography.fernet import InvalidToken
from django.db import IntegrityError, transaction

from chengxin.audit.models import Entry
from chengxin.complaints import rules
from chengxin.complaints.models import Complaint, Contact, Reveal
from chengxin.complaints.services import handling, keys, vault
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.people import services as people
from tests.complaints.conftest import CONTACT, WEDNESDAY, Case, accuse, assigned, closed, disguises, later, on, tables_with
from tests.world import CAST, SYSTEM, World

Refused = Callable[..., Any]


@pytest.fixture(autouse=True)
def an_ordinary_wednesday_morning() -> Iterator[None]:
    with on():
        yield


@pytest.fixture
def signed(case: Case) -> Complaint:
    """A complaint of the second squadron whose sender said who it is."""
    return case("二中队", contact=CONTACT)


def ask(world: World, complaint: Complaint, by: str = "外队长") -> Reveal:
    return vault.ask_reveal(world.actor(by), complaint, reason="需要核实当时的经过")


def agree(world: World, reveal: Reveal, by: str = "督察") -> Reveal:
    return vault.decide_reveal(world.actor(by), reveal, granted=True)


def read(world: World, complaint: Complaint, by: str = "外队长") -> dict[str, str]:
    return vault.read_contact(world.actor(by), complaint)


def test_name_and_number_are_in_no_table_whatever_is_done_with_the_complaint(world: World, signed: Complaint) -> None:
    agree(world, ask(world, signed))
    assert read(world, signed) == CONTACT
    handling.respond(world.actor("外队长"), signed, text="已电话联系，下午上门。")
    handling.record_attempt(world.actor("外队长"), signed, way="phone", outcome="reached")
    closed(world, signed, "外队长")
    for secret in CONTACT.values():
        assert tables_with(secret) == []
    contact = Contact.objects.get()
    assert (contact.complaint, contact.key_name) == (signed, keys.VAULT_KEY)
    assert not any(each.encode() in bytes(contact.sealed) for secret in CONTACT.values() for each in disguises(secret))


def test_the_search_would_find_it_in_every_disguise(world: World, signed: Complaint) -> None:
    """A look that finds nothing is worth something only if it finds what is there."""
    handling.add_note(world.actor("外队长"), signed, text=f"投诉人是{CONTACT['name']}。")
    with transaction.atomic():
        entry = Entry(at=clock.now(), actor_label="", channel="", address="", action="", subject="", details={"phone": CONTACT["phone"]})
        entry.save()
    assert tables_with(CONTACT["name"]) == ["complaints_message"]
    assert tables_with(CONTACT["phone"]) == ["audit_entry"]
    Contact.objects.update(sealed=f"phone={CONTACT['phone']}".encode())
    assert tables_with(CONTACT["phone"]) == ["audit_entry", "complaints_contact"]


def test_two_with_the_same_contact_do_not_look_alike(world: World, case: Case) -> None:
    case(contact=CONTACT)
    case(contact=CONTACT)
    one, other = (bytes(sealed) for sealed in Contact.objects.values_list("sealed", flat=True))
    assert one != other


def test_the_database_alone_opens_nothing(world: World, signed: Complaint, settings: Any, tmp_path: Any) -> None:
    agree(world, ask(world, signed))
    sealed = Contact.objects.get()
    own = settings.DATA_DIR
    settings.DATA_DIR = tmp_path / "a thief's"
    with pytest.raises(InvalidToken):
        keys.unseal(bytes(sealed.sealed), sealed.key_name)
    with pytest.raises(InvalidToken):
        read(world, signed)
    assert Reveal.objects.get().seen == 0  # what was not seen is not counted
    settings.DATA_DIR = own
    with pytest.raises(InvalidToken):
        keys.unseal(bytes(sealed.sealed), "complaints")  # nor do the other keys
    assert read(world, signed) == CONTACT
    assert ((own / "keys" / keys.VAULT_KEY).stat().st_mode & 0o777) == 0o600


def test_a_changed_ciphertext_is_noticed(world: World, signed: Complaint) -> None:
    sealed = bytearray(Contact.objects.get().sealed)
    sealed[30] = ord("A") if sealed[30] != ord("A") else ord("B")
    with pytest.raises(InvalidToken):
        keys.unseal(bytes(sealed), keys.VAULT_KEY)


def test_seeing_it_needs_a_reason_and_a_second_person(world: World, signed: Complaint, refused: Refused) -> None:
    with refused(NotAllowed, "先说明理由，并经另一人同意"):
        read(world, signed)
    for reason in ("", " \u200b\n"):
        with refused(DomainError, "为什么需要联系投诉人") as told:
            vault.ask_reveal(world.actor("外队长"), signed, reason=reason)
        assert told.value.field == "reason"
    reveal = ask(world, signed)
    assert (reveal.reason, reveal.asked_label, reveal.granted, reveal.until) == ("需要核实当时的经过", "外队长", None, None)
    with refused(Conflict, "等待另一人同意"):
        ask(world, signed)
    with refused(NotAllowed, "经另一人同意"):
        read(world, signed)
    agree(world, reveal)
    reveal.refresh_from_db()
    assert (reveal.granted, reveal.decided_label, reveal.until) == (True, "督察", clock.now() + dt.timedelta(hours=4))
    assert read(world, signed) == CONTACT


def test_who_may_agree(world: World, signed: Complaint, refused: Refused) -> None:
    reveal = ask(world, signed)
    for name in sorted(set(CAST) - {"局长", "督察", "督察乙"}):
        with refused(NotAllowed, "没有“审批暂停、同意查看投诉人”的权限"):
            agree(world, reveal, name)
    assert agree(world, reveal, "局长").granted


def test_nobody_agrees_to_the_own_request(world: World, signed: Complaint, refused: Refused) -> None:
    reveal = ask(world, signed, "督察")
    for granted in (True, False):
        with refused(NotAllowed, "须由另一人决定"):
            vault.decide_reveal(world.actor("督察"), reveal, granted=granted, note="可以")
    agree(world, reveal, "督察乙")
    with refused(Conflict, "已经决定"):
        vault.decide_reveal(world.actor("局长"), reveal, granted=False, note="不行")
    with pytest.raises(IntegrityError), transaction.atomic():  # the database holds it as well
        Reveal.objects.update(decided_by=reveal.asked_by)


def test_a_refusal_says_why_and_shows_nothing(world: World, signed: Complaint, refused: Refused) -> None:
    reveal = ask(world, signed)
    with refused(DomainError, "不同意的请写明理由") as told:
        vault.decide_reveal(world.actor("督察"), reveal, granted=False, note="\u200b \u2060")
    assert told.value.field == "note"
    made = vault.decide_reveal(world.actor("督察"), reveal, granted=False, note="不必\x00要")
    assert (made.granted, made.note, made.until) == (False, "不必要", None)
    with refused(NotAllowed, "经另一人同意"):
        read(world, signed)
    agree(world, ask(world, signed))  # asking anew is possible
    assert read(world, signed) == CONTACT


def test_it_runs_out_after_four_hours(world: World, signed: Complaint, refused: Refused) -> None:
    agree(world, ask(world, signed))
    with later(hours=3, minutes=59):
        assert read(world, signed) == CONTACT
    for stretch in ({"hours": 4}, {"days": 2}):
        with later(**stretch), refused(NotAllowed, "经另一人同意"):
            read(world, signed)
    with later(days=2):
        agree(world, ask(world, signed))
        assert read(world, signed) == CONTACT
    assert list(Reveal.objects.order_by("pk").values_list("seen", flat=True)) == [1, 1]


def test_the_hours_count_from_the_agreement_not_from_the_request(world: World, signed: Complaint) -> None:
    reveal = ask(world, signed)
    with later(hours=20):
        agree(world, reveal)
        with later(hours=3):
            assert read(world, signed) == CONTACT


def test_each_look_is_kept_and_counted(world: World, signed: Complaint) -> None:
    reveal = agree(world, ask(world, signed))
    for number in range(1, 4):
        with later(minutes=number):
            read(world, signed)
        reveal.refresh_from_db()
        assert reveal.seen == number
    looks = Entry.objects.filter(action="complaints.revealed")
    assert {(each.actor_label, each.subject, tuple(each.details)) for each in looks} == {("外队长", f"complaint:{signed.pk}", ("reveal",))}
    assert looks.count() == signed.steps.filter(title="查看投诉人").count() == 3
    assert not signed.steps.filter(title__contains="查看投诉人", is_outward=True).exists()
    assert [each.title for each in signed.steps.all()][-5:-3] == ["申请查看投诉人", "同意查看投诉人"]


def test_who_agreed_and_everybody_else_still_sees_nothing(world: World, signed: Complaint, refused: Refused) -> None:
    agree(world, ask(world, signed))
    for name in sorted(set(CAST) - {"外队长"}):
        with refused(NotAllowed, "经另一人同意|没有“办理投诉”的权限"):
            read(world, signed, name)
    assert Reveal.objects.get().seen == 0


def test_an_agreement_for_one_complaint_opens_no_other(world: World, signed: Complaint, case: Case, refused: Refused) -> None:
    other = case("二中队", contact={"name": "另一位"})
    agree(world, ask(world, signed))
    with refused(NotAllowed, "经另一人同意"):
        read(world, other)


def test_who_no_longer_handles_it_sees_it_no_longer(world: World, signed: Complaint, refused: Refused) -> None:
    agree(world, ask(world, signed))
    assigned(world, signed, "大队", "大队长")
    with refused(NotAllowed, "没有“办理投诉”的权限"):
        read(world, signed)


def test_of_an_anonymous_complaint_there_is_nothing_to_ask_for(world: World, case: Case, refused: Refused) -> None:
    complaint = case("二中队")
    for name in ("外队长", "督察"):
        with refused(Conflict, "没有保存任何身份信息"):
            ask(world, complaint, name)
        with refused(NotAllowed, "经另一人同意"):
            read(world, complaint, name)


def test_a_job_sees_nothing(world: World, signed: Complaint, refused: Refused) -> None:
    agree(world, ask(world, signed))
    with refused(NotAllowed, "具名人员"):
        vault.read_contact(SYSTEM, signed)
    pending = ask(world, signed, "督察")
    with refused(NotAllowed, "具名人员"):
        vault.decide_reveal(SYSTEM, pending, granted=True)


def all_powerful(world: World, name: str) -> Actor:
    """Somebody of the cast with every capability for the whole bureau: what a role gives is no excuse for a conflict."""
    return dataclasses.replace(world.actor(name), reach=dict.fromkeys(world.actor("督察").reach | world.actor("局长").reach))


def test_the_accused_and_the_whole_unit_can_do_none_of_it(world: World, signed: Complaint, refused: Refused) -> None:
    accuse(world, signed)
    pending = ask(world, signed)
    granted = agree(world, ask(world, signed, "督察"), "督察乙")
    for name in ("队员", "队长", "装备员", "女队员", "协管"):
        actor = all_powerful(world, name)
        Reveal.objects.filter(pk=granted.pk).update(asked_by=actor.user_id)  # even with an agreement in hand
        for command in (
            lambda: vault.ask_reveal(actor, signed, reason="想知道是谁"),  # noqa: B023
            lambda: vault.decide_reveal(actor, pending, granted=True),  # noqa: B023
            lambda: vault.decide_reveal(actor, pending, granted=False, note="不行"),  # noqa: B023
            lambda: vault.read_contact(actor, signed),  # noqa: B023
        ):
            with refused(NotAllowed, "回避"):
                command()
        assert not Complaint.objects.all().visible_to(actor).exists()


def test_a_former_unit_and_a_new_one_both_keep_out(world: World, signed: Complaint, refused: Refused) -> None:
    accuse(world, signed, "女队员")
    agree(world, ask(world, signed))
    people.assign_person(
        world.actor("人事"), world.persons["女队员"], unit=world.units["二中队"], starts_on=WEDNESDAY + dt.timedelta(days=1)
    )
    with on(WEDNESDAY + dt.timedelta(days=1), 9):
        Reveal.objects.update(until=clock.now() + dt.timedelta(hours=1))
        for name in ("外队长", "队长"):
            with refused(NotAllowed, "回避"):
                vault.read_contact(all_powerful(world, name), signed)


def test_the_unit_of_a_person_named_in_a_merged_complaint_sees_no_complainant_of_either(
    world: World, signed: Complaint, case: Case, refused: Refused
) -> None:
    with on(hour=9):
        first = case("大队", contact={"name": "先来的"})
    accuse(world, signed)
    handling.merge_complaints(world.actor("督察"), signed, into=first, reason="同一件事")
    signed.refresh_from_db()
    assert (signed.state, signed.is_anonymous) == (rules.MERGED, False)
    for complaint in (first, signed):
        with refused(NotAllowed, "回避"):
            vault.ask_reveal(all_powerful(world, "队长"), complaint, reason="想知道是谁")
    agree(world, ask(world, signed, "督察"), "督察乙")
    assert read(world, signed, "督察") == CONTACT  # each keeps its own


def test_a_reveal_outlives_closing_so_that_the_complainant_can_be_told(world: World, signed: Complaint) -> None:
    agree(world, ask(world, signed))
    closed(world, signed, "外队长")
    assert read(world, signed) == CONTACT
