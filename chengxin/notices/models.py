"""Notices, what was told already, robots, sendings with every try. No title of any matter is kept here: keys and counts alone."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

from chengxin.notices import rules


class Preference(models.Model):
    """How one user wants to be told. The row is the lock under which a user's notices are made."""

    user = models.OneToOneField("people.User", models.PROTECT, related_name="+", verbose_name="用户")
    digest_hour = models.SmallIntegerField("汇总时间（点）", null=True)  # null: the bureau's
    quiet_from = models.SmallIntegerField("从几点起可以提醒", null=True)  # null: the bureau's window
    quiet_until = models.SmallIntegerField("到几点为止", null=True)
    urgent = models.BooleanField("到期提醒", default=True)
    on_days_off = models.BooleanField("休息和休假也提醒", default=False)
    by_email = models.BooleanField("发到邮箱", default=False)
    email = models.EmailField("已核实的邮箱", max_length=120, blank=True)
    looked_on = models.DateField("看过汇总的日期", null=True)
    urgent_looked_on = models.DateField("看过到期的日期", null=True)


class AddressCode(models.Model):
    """A code sent to an address to see whether it is the user's. Only a keyed digest of it is kept."""

    user = models.ForeignKey("people.User", models.PROTECT, related_name="+", verbose_name="用户")
    address = models.EmailField("邮箱", max_length=120)
    digest = models.CharField("摘要", max_length=64)
    made_at = models.DateTimeField("发出时间")
    expires_at = models.DateTimeField("有效期至")
    tries = models.SmallIntegerField("已试次数", default=0)
    used_at = models.DateTimeField("核实时间", null=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-made_at"], name="code_by_user")]


class Notice(models.Model):
    """What was said to one user on one day: the keys of the matters. The page looks in the queue what they are today."""

    user = models.ForeignKey("people.User", models.PROTECT, related_name="+", verbose_name="用户")
    kind = models.CharField("类型", max_length=10, choices=[(code, rules.KINDS[code]) for code in (rules.DIGEST, rules.URGENT)])
    day = models.DateField("日期")
    made_at = models.DateTimeField("时间")
    keys = models.JSONField("事项")
    read_at = models.DateTimeField("已读时间", null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["user", "kind", "day"], name="one_notice_of_a_kind_a_day"),
        ]
        indexes = [models.Index(fields=["user"], condition=models.Q(read_at=None), name="unread_notices")]


class Told(models.Model):
    """What was last said to a user of a matter that still waits; the row goes when the matter is done."""

    user = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    key = models.CharField(max_length=32)
    stage = models.SmallIntegerField()
    count = models.IntegerField()
    due_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["user", "key"], name="told_once")]


class Robot(models.Model):
    """A robot in a group chat of one unit. Address and secret are ciphertext under a key outside the database."""

    name = models.CharField("名称", max_length=40)
    kind = models.CharField("类型", max_length=10, choices=list(rules.ROBOTS.items()))
    unit = models.ForeignKey("people.Unit", models.PROTECT, related_name="+", verbose_name="单位")
    origin = models.CharField("主机", max_length=120)
    sealed = models.BinaryField("地址与密钥")
    key_name = models.CharField(max_length=20)
    hour = models.SmallIntegerField("发送时间（点）")
    looked_on = models.DateField("看过汇总的日期", null=True)
    made_by = models.BigIntegerField("登记人")
    made_at = models.DateTimeField("登记时间")
    approved_by = models.BigIntegerField("批准人", null=True)
    approved_at = models.DateTimeField("批准时间", null=True)
    stopped_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("made_by")), name="robot_approved_by_another"
            ),
        ]


class Sending(models.Model):
    """One message to one address outside. ``key`` makes it one: the same occasion is never entered twice."""

    key = models.CharField(max_length=80, unique=True)
    channel = models.CharField("渠道", max_length=10, choices=list(rules.CHANNELS.items()))
    kind = models.CharField("类型", max_length=10, choices=list(rules.KINDS.items()))
    user = models.ForeignKey("people.User", models.PROTECT, null=True, related_name="+", verbose_name="收件人")
    robot = models.ForeignKey(Robot, models.PROTECT, null=True, related_name="sendings", verbose_name="群机器人")
    day = models.DateField("日期")
    keys = models.JSONField("事项", default=list)
    state = models.CharField("状态", max_length=10, choices=list(rules.STATES.items()), default=rules.WAITING)
    tried = models.SmallIntegerField("已试次数", default=0)
    made_at = models.DateTimeField("生成时间")
    next_try_at = models.DateTimeField("下次发送")
    claimed_until = models.DateTimeField("占用至", null=True)

    attempts: models.Manager[Attempt]

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(user=None, robot__isnull=False) | models.Q(robot=None, user__isnull=False), name="one_recipient"
            ),
        ]
        indexes = [models.Index(fields=["next_try_at"], condition=models.Q(state=rules.WAITING), name="sendings_waiting")]


class Attempt(models.Model):
    """One try: written before it is made, so that a try that was cut off is seen as one."""

    sending = models.ForeignKey(Sending, models.PROTECT, related_name="attempts")
    number = models.SmallIntegerField("第几次")
    at = models.DateTimeField("时间")
    ended_at = models.DateTimeField("结束", null=True)
    outcome = models.CharField("结果", max_length=10, choices=list(rules.OUTCOMES.items()), default=rules.RUNNING)
    error = models.CharField("原因", max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [models.UniqueConstraint(fields=["sending", "number"], name="attempts_counted")]
        indexes = [models.Index(fields=["-at"], name="attempts_newest")]
