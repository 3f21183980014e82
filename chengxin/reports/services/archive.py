"""The archive for 司法局: tables as CSV and JSON, draws that can be recomputed, a cover for people, and the list of all with digests."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from html import escape
from typing import Any

from chengxin.core import clock
from chengxin.people import selectors as people
from chengxin.reports.models import JusticeExport
from chengxin.reports.selectors import justice
from chengxin.reports.services.paper import Paper
from chengxin.ui.export import safe_cell

LAW = "行政执法监督条例"
NOT_IN_IT = "不含投诉内容和投诉人身份，不含密封内容、执法影像和自由填写的备注；人员按规则写作工号或姓名。"


HEAD = '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
LOOK = (
    "body{font-family:sans-serif;margin:2rem}table{border-collapse:collapse}"
    "td,th{border:1px solid #999;padding:.2rem .5rem;text-align:left}"
)


@dataclass(frozen=True)
class Archive:
    """The bytes, their digest, and what is in them."""

    content: bytes
    sha256: str
    files: list[dict[str, Any]]
    versions: list[str]


def build_archive(export: JusticeExport) -> Archive:
    """Everything of the span as it stands now."""
    records = justice.records_between(export.since, export.until)
    draws = justice.draw_files_between(export.since, export.until)
    versions = justice.versions_on(export.until)
    files = [
        *((f"{each.name}.csv", _csv(each)) for each in records),
        ("records.json", _json({"export": _about(export), "versions": versions, **{each.name: _plain(each) for each in records}})),
        *((f"draws/{name}.json", _json(file)) for name, file in draws),
        ("cover.html", _html(export, records, len(draws)).encode()),
        ("cover.docx", _docx(export, records, len(draws))),
    ]
    listed = [{"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()} for name, content in files]
    files += [
        ("files.json", _json({"export": export.number, "files": listed})),
        ("SHA256SUMS", "".join(f"{each['sha256']}  {each['name']}\n" for each in listed).encode()),
    ]
    content = _zip(files, clock.now())
    return Archive(content, hashlib.sha256(content).hexdigest(), listed, versions)


def _about(export: JusticeExport) -> dict[str, str]:
    return {
        "number": export.number, "recipient": export.recipient, "reason": export.reason, "since": str(export.since),
        "until": str(export.until), "made_at": clock.now().isoformat(timespec="seconds"), "not_in_it": NOT_IN_IT,
    }  # fmt: skip


def _plain(records: justice.Records) -> list[dict[str, Any]]:
    return [dict(zip(records.columns, row, strict=True)) for row in records.rows]


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _csv(records: justice.Records) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(records.columns)
    writer.writerows([safe_cell(value) for value in row] for row in records.rows)
    return text.getvalue().encode("utf-8-sig")  # the mark lets spreadsheets read Chinese


def _bureau() -> str:
    return next((unit.name for unit in people.all_units() if unit.parent_id is None), "")


def _lines(export: JusticeExport, draws: int) -> list[str]:
    return [
        f"编号：{export.number}", f"调取单位：{export.recipient}", f"理由：{export.reason}",
        f"期间：{export.since} 至 {export.until}", f"依据：《{LAW}》",
        f"随机抽取记录 {draws} 份，可用 chengxin draw verify 重算。", NOT_IN_IT,
    ]  # fmt: skip


def _html(export: JusticeExport, records: list[justice.Records], draws: int) -> str:
    """A page that any browser shows, with every table."""
    head = "".join(f"<p>{escape(line)}</p>" for line in _lines(export, draws))
    tables = "".join(
        f"<h2>{escape(each.title)}（{len(each.rows)}）</h2><table><thead><tr>"
        + "".join(f"<th>{escape(name)}</th>" for name in each.columns)
        + "</tr></thead><tbody>"
        + "".join(
            "<tr>" + "".join(f"<td>{escape(str(value if value is not None else ''))}</td>" for value in row) + "</tr>" for row in each.rows
        )
        + "</tbody></table>"
        for each in records
    )
    title = escape(f"{_bureau()}行政执法监督记录 {export.number}")
    return f"{HEAD}<title>{title}</title><style>{LOOK}</style></head><body><h1>{title}</h1>{head}{tables}</body></html>"


def _docx(export: JusticeExport, records: list[justice.Records], draws: int) -> bytes:
    """A letter's enclosure: what is handed out, counted."""
    now = clock.now()
    paper = Paper(f"行政执法监督记录 {export.number}", _bureau(), now)
    paper.title(_bureau())
    paper.title("行政执法监督记录")
    paper.blank()
    for line in _lines(export, draws):
        paper.text(line)
    paper.table(
        ("记录", "文件", "条数"),
        [(each.title, f"{each.name}.csv", len(each.rows)) for each in records] + [("随机抽取", "draws/", draws)],
        (40, 40, 20),
    )
    paper.blank()
    paper.closing(_bureau(), now.date())
    return paper.content()


def _zip(files: list[tuple[str, bytes]], at: dt.datetime) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()
