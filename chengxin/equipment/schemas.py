"""What goes in and out at the counter's API."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from ninja import Field, Schema
from pydantic import BaseModel

from chengxin.ui.api import Moment

# Items come by the dozen: they are plain models, since the API library looks at each field of its own schemas twice.
Readings = dict[str, bool | float]


class TurnIn(Schema):
    card: str = Field(max_length=60, description="装备管理员的人员卡")


class TurnOut(Schema):
    turn: UUID
    keeper: str
    until: Moment


class HeldOut(Schema):
    number: str
    title: str
    taken_at: Moment
    due_at: Moment
    urgency: str


class HolderOut(Schema):
    number: str
    name: str
    unit: str
    shift: str
    due_at: Moment | None
    problem: str
    holds: list[HeldOut]


class CheckOut(Schema):
    code: str
    title: str
    least: float | None = None
    most: float | None = None
    unit: str = ""


class ItemOut(Schema):
    number: str
    kind: str
    title: str
    model_name: str
    unit: str
    service: str
    service_label: str
    place: str
    holder: str
    since: Moment | None
    due_at: Moment | None
    checks: list[CheckOut]


class TakenIn(BaseModel):
    code: str = Field(max_length=60, description="标签内容（E:编号:校验位）或装备编号")
    readings: Readings = Field(default_factory=dict, description="领用前检查：项目代码对应读数或是否合格")


class CheckOutIn(Schema):
    key: UUID = Field(description="幂等键：同一键重发得到同一答复，不会重复办理")
    holder: str = Field(max_length=60, description="领用人的人员卡或工号")
    turn: UUID | None = Field(default=None, description="装备管理员的值守标识；无人值守的智能柜不填")
    items: list[TakenIn] = Field(max_length=200)


class LoanIn(CheckOutIn):
    turn: UUID = Field(description="装备管理员的值守标识：临时借用须经装备管理员")
    reason: str = Field(max_length=200)
    due_at: dt.datetime


class GivenIn(BaseModel):
    code: str = Field(max_length=60)
    readings: Readings = Field(default_factory=dict, description="归还检查：项目代码对应读数或是否合格；不合格的须报故障")
    condition: str = Field(default="good", description="good 完好，damaged 故障或损坏，lost 遗失")
    note: str = Field(default="", max_length=200)


class ReturnIn(Schema):
    key: UUID
    turn: UUID | None = None
    items: list[GivenIn] = Field(max_length=200)


class OutcomeOut(BaseModel):
    number: str
    done: bool
    code: str
    message: str
    due_at: str
    countersigned: bool


class KeptHolderOut(Schema):
    number: str
    at: Moment
    holder: str | None
    holder_name: str | None


class ItemRowOut(Schema):
    number: str
    kind: str
    model_name: str
    unit: str
    service: str
    place: str
    holder: str | None


def check_out_of(check: dict[str, Any]) -> CheckOut:
    return CheckOut(**{name: check[name] for name in ("code", "title", "least", "most", "unit") if name in check})


class CustodyOut(Schema):
    id: int
    item: str
    holder: str
    unit: str
    taken_at: Moment
    due_at: Moment
    returned_at: Moment | None
    condition: str
    countersigned_at: Moment | None
