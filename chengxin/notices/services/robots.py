"""Robots of group chats: entered by 系统管理员, working once 安全管理员 approved them, stopped by either, never changed."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import transaction

from chengxin.audit.services import record
from chengxin.core import clock
from chengxin.core.actor import Actor
from chengxin.core.capabilities import require
from chengxin.core.errors import Conflict, DomainError, NotAllowed
from chengxin.notices import rules, selectors
from chengxin.notices.models import Robot
from chengxin.notices.services import keys
from chengxin.notices.services.making import enter
from chengxin.notices.services.own import refuse_flood
from chengxin.people.models import Unit


@transaction.atomic
def add_robot(actor: Actor, *, name: str, kind: str, unit: Unit, address: str, secret: str, hour: int) -> Robot:
    """Enter a robot. Address and secret are sealed at once and shown to nobody again. Raises DomainError for a host not allowed."""
    require(actor, "notices.robot")
    fault = rules.fault_of_address(kind, address, settings.ROBOT_ORIGINS)
    if fault:
        raise DomainError("bad_address", fault, field="address")
    if secret and kind != rules.DINGTALK:
        raise DomainError("no_secret", "企业微信群机器人没有加签密钥，请留空。", field="secret")
    bad_hour = rules.policy_fault(selectors.policy(), hour)
    if bad_hour:
        raise DomainError("bad_hour", bad_hour, field="hour")
    robot = Robot.objects.create(
        name=name, kind=kind, unit=unit, origin=rules.origin_of(address), sealed=keys.seal(address, secret), key_name=keys.KEY, hour=hour,
        made_by=actor.named_user, made_at=clock.now(),
    )  # fmt: skip
    record(actor, "notices.robot_added", f"robot:{robot.pk}", unit_id=unit.pk, details={"name": name, "kind": kind, "host": robot.origin})
    return robot


@transaction.atomic
def approve_robot(actor: Actor, robot: Robot) -> None:
    """Let a robot work, by one who did not enter it. Raises Conflict when it is settled."""
    require(actor, "notices.approve")
    robot = Robot.objects.select_for_update().get(pk=robot.pk)
    if robot.made_by == actor.named_user:
        raise NotAllowed("own_robot", "登记人不能批准自己登记的群机器人。")
    if robot.approved_at is not None or robot.stopped_at is not None:
        raise Conflict("robot_settled", "这个群机器人已经批准或停用。")
    robot.approved_by, robot.approved_at = actor.named_user, clock.now()
    robot.save(update_fields=["approved_by", "approved_at"])
    record(actor, "notices.robot_approved", f"robot:{robot.pk}", unit_id=robot.unit_id)


@transaction.atomic
def stop_robot(actor: Actor, robot: Robot) -> None:
    """Stop a robot at once and forget its address, by either administrator. A second click changes nothing."""
    require(actor, "notices.robots")
    robot = Robot.objects.select_for_update().get(pk=robot.pk)
    if robot.stopped_at is None:
        robot.stopped_at, robot.sealed = clock.now(), b""
        robot.save(update_fields=["stopped_at", "sealed"])
        record(actor, "notices.robot_stopped", f"robot:{robot.pk}", unit_id=robot.unit_id)


@transaction.atomic
def test_robot(actor: Actor, robot: Robot) -> None:
    """Send a test by the way every message goes. Raises Conflict before the approval: nothing leaves the house without it."""
    require(actor, "notices.robot")
    robot = Robot.objects.select_for_update().get(pk=robot.pk)
    if robot.approved_at is None or robot.stopped_at is not None:
        raise Conflict("not_working", "群机器人批准之后才能试发；已停用的不能试发。")
    refuse_flood(robot.sendings.filter(kind=rules.TEST))
    enter(channel=robot.kind, kind=rules.TEST, robot=robot, once=uuid.uuid4().hex)
    record(actor, "notices.robot_tested", f"robot:{robot.pk}", unit_id=robot.unit_id)
