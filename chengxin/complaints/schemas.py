"""What goes in and out at the platform's API."""

from __future__ import annotations

from ninja import Field, Schema

from chengxin.ui.api import Moment


class OrderIn(Schema):
    number: str = Field(max_length=80, description="平台工单编号，同一编号只登记一次")
    received_at: Moment = Field(description="平台首次收到的时间，带时区；时限从这时起算")
    text: str = Field(max_length=20_000)
    place: str = Field("", max_length=200)
    name: str = Field("", max_length=40, description="来电人；加密保存，接口不再返回")
    phone: str = Field("", max_length=40)


class OrderOut(Schema):
    number: str
    complaint: str
    is_new: bool
    state: str
    result: str
    respond_by: Moment
    feedback_by: Moment
    feedback_provisional: bool
    responded_at: Moment | None
    closed_at: Moment | None
    replies: list[str] = Field(description="对投诉人的答复，由先到后")


class ComplaintOut(Schema):
    number: str
    channel: str
    category: str
    unit: str | None
    received_at: Moment
    state: str
    result: str
    respond_by: Moment | None
    responded_at: Moment | None
    feedback_by: Moment | None
    answered_at: Moment | None
    reopened: int
