"""The one place where a refusal becomes an answer: problem+json (RFC 9457) or a calm page."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse

from chengxin.core.errors import DomainError
from chengxin.ui.pages import render

TITLES = {
    400: "请求无法理解",
    403: "没有权限",
    404: "没有找到",
    405: "不支持的操作",
    409: "情况已经变化",
    413: "内容过大",
    410: "已经过期",
    422: "请更正后再提交",
    423: "正在被使用",
    429: "请求过于频繁",
    460: "校验不符",
    500: "系统出错",
    503: "暂时繁忙",
    507: "存储空间不足",
}


def problem(status: int, code: str, message: str, *, field: str | None = None) -> HttpResponse:
    """An error as application/problem+json with a stable code."""
    body = {"type": f"urn:chengxin:{code}", "title": TITLES.get(status, "出错"), "status": status, "code": code, "detail": message}
    if field:
        body["field"] = field
    return HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type="application/problem+json; charset=utf-8")


def refusal(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A refusal in the form the caller asked for."""
    if "json" in request.headers.get("Accept", ""):
        return problem(error.status, error.code, error.message, field=error.field)
    return render(
        request,
        "ui/refused.html",
        {"title": TITLES.get(error.status, "未能完成"), "text": error.message},
        status=error.status,
    )
