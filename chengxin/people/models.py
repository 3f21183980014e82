"""Units, persons and users. Whoever belonged where on a past day is answered by dated rows that cannot overlap."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models.functions import Coalesce

from chengxin.audit.history import tracked
from chengxin.core import clock
from chengxin.core.actor import Actor


class UnitKind(models.TextChoices):
    BUREAU = "bureau", "局"
    SECTION = "section", "科室"
    BRIGADE = "brigade", "大队"
    SQUADRON = "squadron", "中队"
    POST = "post", "岗"


class UnitQuerySet(models.QuerySet["Unit"]):
    def visible_to(self, actor: Actor) -> UnitQuerySet:
        reach = actor.units_for("people.read")
        return self if reach is None else self.filter(pk__in=reach)


class Unit(models.Model):
    """A part of the bureau. Units form a tree under the bureau itself."""

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=80)
    kind = models.CharField("类型", max_length=10, choices=UnitKind.choices)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children", verbose_name="上级")
    sequence = models.IntegerField("顺序", default=0)

    objects = UnitQuerySet.as_manager()

    class Meta:
        ordering = ["sequence", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["parent"], condition=models.Q(parent=None), nulls_distinct=False, name="one_bureau"),
        ]

    def __str__(self) -> str:
        return self.name


class Sex(models.TextChoices):
    MALE = "male", "男"
    FEMALE = "female", "女"


class PersonClass(models.TextChoices):
    ESTABLISHED = "established", "在编"
    AUXILIARY = "auxiliary", "协管"
    OTHER = "other", "其他"


class Status(models.TextChoices):
    IN_POST = "in_post", "在岗"
    SUSPENDED = "suspended", "停职"
    ON_LEAVE = "on_leave", "长期休假"
    LEFT = "left", "已离队"


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, actor: Actor) -> PersonQuerySet:
        """The members of the units the actor may read, and always the actor's own person."""
        reach = actor.units_for("people.read")
        if reach is None:
            return self
        now = models.Q(assignments__unit__in=reach, assignments__period__contains=clock.today())
        return self.filter(now | models.Q(pk=actor.person_id)).distinct()


@tracked
class Person(models.Model):
    """Somebody of the bureau. The unit of a day is the assignment's, the status of a day the status period's."""

    number = models.CharField("工号", max_length=20, unique=True)
    name = models.CharField("姓名", max_length=40)
    name_key = models.CharField("拼音", max_length=200)
    initials = models.CharField("拼音首字母", max_length=40)
    sex = models.CharField("性别", max_length=6, choices=Sex.choices)
    person_class = models.CharField("人员类别", max_length=12, choices=PersonClass.choices)
    badge_number = models.CharField("胸号", max_length=20, null=True, unique=True)  # noqa: DJ001  (null: none worn; '' would clash)
    joined_on = models.DateField("入职日期")
    left_on = models.DateField("离队日期", null=True)

    objects = PersonQuerySet.as_manager()
    assignments: models.Manager[Assignment]
    status_periods: models.Manager[StatusPeriod]

    class Meta:
        ordering = ["name_key", "number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(left_on=None) | models.Q(left_on__gte=models.F("joined_on")), name="left_after_joined"
            ),
            models.CheckConstraint(condition=~models.Q(person_class="other") | models.Q(badge_number=None), name="others_wear_no_badge"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Assignment(models.Model):
    """Membership of a person in a unit for a period; on any day a person belongs to at most one unit."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="assignments")
    period = DateRangeField("期间")
    post_title = models.CharField("职务", max_length=40, blank=True)
    is_leader = models.BooleanField("负责人", default=False)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="one_unit_a_day",
                expressions=[("person", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                violation_error_message="这段时间已有任职，任职期间不能重叠。",
            )
        ]
        indexes = [models.Index(fields=["unit", "person"], name="assignment_by_unit")]


@tracked
class StatusPeriod(models.Model):
    """Leave or suspension for a period. No reason is kept."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="status_periods")
    status = models.CharField("状态", max_length=10, choices=Status.choices)
    period = DateRangeField("期间")
    approved_by = models.CharField("批准人", max_length=40)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="one_status_a_day",
                expressions=[("person", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
                violation_error_message="这段时间已有状态记录，不能重叠。",
            ),
            models.CheckConstraint(condition=models.Q(status__in=["suspended", "on_leave"]), name="only_temporary_statuses"),
        ]


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str, *, person: Person | None = None) -> User:
        user = self.model(username=username, person=person)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A sign-in. What it may do comes from grants and from the person's class, never from the user itself."""

    username = models.CharField("用户名", max_length=60, unique=True)
    person = models.OneToOneField(Person, models.PROTECT, null=True, related_name="user")
    is_active = models.BooleanField("可登录", default=True)
    password_changed_at = models.DateTimeField("口令修改时间", null=True)

    objects = UserManager()
    standing: tuple[Any, ...] | None = None  # what makes the actor, where it was read together with the user

    USERNAME_FIELD = "username"

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self.password_changed_at = clock.now()

    def get_full_name(self) -> str:
        return self.person.name if self.person else self.username


@tracked
class Grant(models.Model):
    """A role of a user for a period, in a unit and below (no unit: the whole bureau)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="grants")
    role = models.CharField("角色", max_length=20)
    role_kind = models.CharField("角色种类", max_length=20, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, verbose_name="范围")
    period = DateRangeField("期间")
    granted_by = models.BigIntegerField("授权人", null=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="administrators_are_separated",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role_kind", RangeOperators.NOT_EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                violation_error_message="系统、安全、审计管理员三员分立，且不得兼任业务角色。",
            ),
            ExclusionConstraint(
                name="one_grant_of_a_role",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (Coalesce("unit_id", 0), RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                violation_error_message="这个用户在该范围已有同一角色。",
            ),
        ]


class SignInGuard(models.Model):
    """Failed sign-ins per user name, known or not: an unknown name locks just as a known one does."""

    username = models.CharField("用户名", max_length=60, unique=True)
    failures = models.IntegerField("连续失败次数", default=0)
    locked_until = models.DateTimeField("锁定至", null=True)


class ApiToken(models.Model):
    """A device's or integration's key; only its digest is kept."""

    name = models.CharField("名称", max_length=80)
    digest = models.CharField("摘要", max_length=64, unique=True)
    capabilities = models.JSONField("权限")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, verbose_name="范围")
    issued_by = models.BigIntegerField("签发人")
    issued_at = models.DateTimeField("签发时间")
    approved_by = models.BigIntegerField("批准人", null=True)
    approved_at = models.DateTimeField("批准时间", null=True)  # works only once another administrator has approved it
    expires_on = models.DateField("有效期至")
    revoked_at = models.DateTimeField("吊销时间", null=True)


def whole(period: Any) -> str:
    """A stored period as people read it, both ends included."""
    until = f"{period.upper - dt.timedelta(days=1)}" if period.upper else "至今"
    return f"{period.lower} — {until}"
