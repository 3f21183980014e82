"""The custody report: what it says, what its signature holds together, what a third party can check, who may make one."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import hashlib
import importlib.util
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docx
import pypdfium2
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from chengxin.audit import signing
from chengxin.audit.models import Entry
from chengxin.core import clock
from chengxin.core.errors import NotAllowed
from chengxin.evidence.models import Recording, RecordingStep
from chengxin.evidence.services import copies, derivatives, examination, expiry, keeping, releases, reports, store, viewing
from chengxin.evidence.services.receipts import canonical
from chengxin.evidence.services.report_files import as_docx, as_pdf
from chengxin.evidence.services.report_sheets import plain
from chengxin.evidence.services.reports import Report, make_report
from chengxin.evidence.views import reports as doors
from tests.evidence.clips import clip
from tests.evidence.conftest import Film, refusing
from tests.world import SYSTEM, World

TODAY = dt.date(2026, 9, 30)
PART = 1000  # bytes a part in these tests: a small film has several
refused = refusing(Recording, RecordingStep, Entry)


@pytest.fixture(autouse=True)
def an_evening() -> Iterator[None]:
    with clock.frozen(clock.at(TODAY, 20)):
        yield


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    from chengxin.evidence.services import folder, ingest, uploads

    for module in (store, ingest, folder, uploads, reports):
        if hasattr(module, "PART_BYTES"):
            monkeypatch.setattr(module, "PART_BYTES", PART)


@pytest.fixture
def lived(world: World, film: Film, small_parts: None) -> Recording:
    """A recording with a past: held by an officer, important, copied, held, looked at, clipped, asked down and out."""
    captain = world.actor("队长")
    recording = examination.examine(film(content=clip(3, seconds=4)))
    keeping.mark_important(world.actor("队员"), recording, reason="阻碍执法", note="被推搡")
    copies.copy_important()
    keeping.place_hold(captain, recording, kind="complaint", number="投12", reason="投诉涉及 <此人> & 他人")
    viewing.open_viewing(captain, recording, reason="投诉核查", matter="投12")
    derivatives.ask_clip(captain, recording, start="0:01", end="0:03", reason="投诉核查")
    derivatives.make_waiting()
    keeping.ask_downgrade(world.actor("督察"), recording, reason="投诉不属实")
    asked = releases.ask_release(captain, recording, clip=None, recipient="区公安分局", purpose="配合调查", matter="案 3")
    releases.decide_release(world.actor("局长"), asked, granted=True, note="")
    recording.refresh_from_db()
    return recording


@pytest.fixture
def plainly(film: Film, small_parts: None) -> Recording:
    return film()


@functools.cache
def script() -> Any:
    """The stand-alone script as a module."""
    spec = importlib.util.spec_from_file_location("verify_custody", reports.VERIFIER)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checked(*words: Any) -> tuple[int, str]:
    """What the stand-alone script says, run by itself without anything of ours."""
    command = [sys.executable, "-I", str(reports.VERIFIER), *map(str, words)]
    done = subprocess.run(command, capture_output=True, check=False, env={"PYTHONIOENCODING": "utf-8", "PYTHONUTF8": "1"})
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def original(recording: Recording) -> Path:
    with store.open_original(recording) as file:
        return Path(file.name)


def damage(recording: Recording, at: int) -> None:
    place = original(recording)
    content = bytearray(place.read_bytes())
    content[at] ^= 1
    place.write_bytes(content)


# --- what it says ---


def test_everything_that_is_known_stands_in_it(world: World, lived: Recording) -> None:
    with clock.frozen(clock.at(TODAY, 21)):
        content = make_report(world.actor("大队长"), lived).content
    told = content["recording"]
    assert (told["number"], told["sha256"], told["sm3"], told["size"]) == (lived.number, lived.sha256, lived.sm3, lived.size)
    assert (told["part_size"], told["part_sha256"]) == (PART, lived.parts)
    assert len(lived.parts) == -(-lived.size // PART) > 2
    assert content["device"]["asset_number"] == content["device"]["claimed_device"] == "J-1"
    assert content["time"]["started_at"] == "2026-09-30T08:30:00+08:00"
    (held,) = content["custodies"]
    assert (held["holder"]["name"], held["taken_at"], held["returned_at"], held["is_ground"]) == (
        "队员", "2026-09-30T07:30:00+08:00", None, True,
    )  # fmt: skip
    whose = content["attribution"]
    assert (whose["person"]["name"], whose["unit"], whose["ground"], whose["decided_by"]) == ("队员", "一中队", "按领用记录", None)
    assert whose["shift"]["day"] == "2026-09-30"
    assert content["retention"]["category"] == "重要"
    assert content["retention"]["kept_because"][:2] == ["“投诉 投12”尚未办结，须保留", "重要资料，长期保存"]
    assert [(each["matter"], each["placed_by"], each["closed_at"]) for each in content["holds"]] == [("投诉 投12", "队长", None)]
    assert [(each["asked_by"], each["granted"]) for each in content["downgrades"]] == [("督察", None)]
    assert content["copy"]["state"] == "完好"
    assert [(each["start_ms"], each["end_ms"], len(each["sha256"])) for each in content["clips"]] == [(1000, 3000, 64)]
    assert [(each["recipient"], each["granted"], each["downloads"]) for each in content["releases"]] == [("区公安分局", True, [])]
    assert [(each["by"], each["reason"], each["matter"]) for each in content["viewings"]] == [("队长", "投诉核查", "投12")]
    assert (content["damages"], content["expiry"], content["deletion"]) == ([], [], None)
    assert [each["title"] for each in content["steps"]] == [each.title for each in lived.steps.all()]
    assert content["steps"][-1]["title"] == "出具保管报告"
    assert content["report"] == {"number": f"{lived.number}保1号", "made_at": "2026-09-30T21:00:00+08:00", "made_by": "大队长"}
    assert (content["verification"]["matches"], content["verification"]["sha256"]) == (True, lived.sha256)


def test_a_person_who_said_whose_it_is_and_a_matter_that_is_over_are_named(world: World, film: Film) -> None:
    recording, captain = film(name="X-9_20260930083000_0001.mp4"), world.actor("队长")
    recording = keeping.attribute_recording(captain, recording, person=world.persons["队员"], reason="画面中是本人")
    hold = keeping.place_hold(captain, recording, kind="case", number="城罚3", reason="证据")
    keeping.close_matter(captain, hold.matter, note="已结案")
    asked = keeping.ask_downgrade(captain, keeping.mark_important(captain, recording, reason="案件证据"), reason="结案")
    keeping.decide_downgrade(world.actor("督察"), asked, granted=False, note="再等等")
    content = make_report(captain, recording).content
    whose = content["attribution"]
    assert (whose["ground"], whose["decided_by"], whose["decided_at"]) == ("人工认定：画面中是本人", "队长", "2026-09-30T20:00:00+08:00")
    assert (content["device"]["asset_number"], content["custodies"]) == (None, [])
    assert content["holds"][0]["closing_note"] == "已结案"
    assert [(each["granted"], each["decided_by"], each["note"]) for each in content["downgrades"]] == [(False, "督察", "再等等")]
    assert docx.Document(io.BytesIO(as_docx(make_report(captain, recording)))).tables


def test_of_a_deleted_recording_the_tombstone_is_told(
    world: World, plainly: Recording, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with clock.frozen(clock.at(dt.date(2027, 1, 4), 9)):
        made = expiry.review_expired(world.actor("大队长"), spared={}, shown=[plainly.pk])
        expiry.approve_expiry(world.actor("局长"), made)
    with clock.frozen(clock.at(dt.date(2027, 1, 12), 9)), django_capture_on_commit_callbacks(execute=True):
        expiry.delete_approved()
    with clock.frozen(clock.at(dt.date(2027, 2, 1), 9)):
        report = make_report(world.actor("督察"), plainly)
    gone = report.content["deletion"]
    assert (gone["list"], gone["reviewed_by"], gone["approved_by"]) == (made.number, "大队长", "局长")
    assert gone["deleted_at"] == gone["bytes_gone_at"] == "2027-01-12T09:00:00+08:00"
    assert [each["outcome"] for each in report.content["expiry"]] == ["已删除"]
    assert report.content["verification"]["matches"] == "missing"
    assert "原件已按程序到期删除" in report.content["verification"]["statement"]
    assert made.number in pdf_text(report)


def test_lists_of_others_can_be_added_and_take_no_section_away(world: World, plainly: Recording) -> None:
    report = make_report(world.actor("队长"), plainly, extra={"hearings": [{"on": "2026-10-01"}], "steps": []})
    assert report.content["hearings"] == [{"on": "2026-10-01"}]
    assert report.content["steps"]


def test_reports_are_numbered_and_the_audit_knows_each_by_its_digest(world: World, plainly: Recording) -> None:
    first, second = make_report(world.actor("队长"), plainly), make_report(world.actor("局长"), plainly)
    assert (first.number, second.number) == (f"{plainly.number}保1号", f"{plainly.number}保2号")
    assert (first.stem, second.stem) == (f"custody-{plainly.pk:07d}-1", f"custody-{plainly.pk:07d}-2")
    entries = Entry.objects.filter(action="evidence.reported").order_by("pk")
    assert [(each.actor_label, each.subject, each.details["number"]) for each in entries] == [
        ("队长", f"recording:{plainly.pk}", first.number), ("局长", f"recording:{plainly.pk}", second.number),
    ]  # fmt: skip
    assert entries[0].details["sha256"] == hashlib.sha256(canonical(first.content)).hexdigest()


# --- an original that is not what it was ---


def test_an_original_that_was_altered_is_reported_with_its_part(world: World, lived: Recording) -> None:
    damage(lived, PART + 5)
    report = make_report(world.actor("队长"), lived)
    found = report.content["verification"]
    assert (found["matches"], found["differing_parts"], found["sha256"]) == (
        False, [2], hashlib.sha256(original(lived).read_bytes()).hexdigest(),
    )  # fmt: skip
    assert report.content["recording"]["sha256"] == lived.sha256  # what it came with
    assert lived.steps.last().note.endswith("SHA-256 与入库时不一致，第2段不同")
    assert Entry.objects.get(action="evidence.reported").details["matches"] is False
    assert "不相符" in pdf_text(report)
    assert found["sha256"] in docx_text(as_docx(report))


def test_an_original_that_is_gone_or_cannot_be_read_is_reported(world: World, lived: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(recording: Recording) -> Any:
        raise OSError(5, "Input/output error")

    store.originals().remove(lived.sha256)
    missing = make_report(world.actor("队长"), lived).content["verification"]
    monkeypatch.setattr(store, "open_original", fail)
    unreadable = make_report(world.actor("队长"), lived).content["verification"]
    assert [(each["matches"], each["sha256"]) for each in (missing, unreadable)] == [("missing", None), ("unreadable", None)]
    assert "原件不在存放位置" in missing["statement"]


# --- what the signature holds together ---


def test_the_signature_is_good_for_others_libraries_and_for_the_script(world: World, lived: Recording, tmp_path: Path) -> None:
    report = make_report(world.actor("队长"), lived)
    told = json.loads(report.signed)
    assert (told["algorithm"], told["digest"], told["key"], told["content"]) == ("ed25519", "sha-256", signing.public_key(), report.content)
    assert canonical(told["content"]) in report.signed  # any tool can cut the signed text out of the file
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(told["key"])).verify(bytes.fromhex(told["signature"]), canonical(told["content"]))
    file = tmp_path / "report.json"
    file.write_bytes(report.signed)
    code, text = checked(file)
    assert (code, report.number in text, "已重读原件" in text, f"公钥 {told['key']} 是否为出具单位所有" in text) == (0, True, True, True)
    code, text = checked(file, original(lived), "--key", told["key"].upper())
    assert (code, text.splitlines()[-1], "另行核实" in text) == (0, "全部相符", False)
    code, text = checked("--key", "ab" * 32, file)
    assert (code, "不是 --key 给出的公钥" in text) == (1, True)


def test_no_byte_of_the_file_can_be_another(world: World, plainly: Recording, tmp_path: Path) -> None:
    report, opened, file = make_report(world.actor("队长"), plainly), script().opened, tmp_path / "report.json"
    file.write_bytes(report.signed + b"\n")
    assert opened(str(file)) == (report.content, report.key)
    for at in range(0, len(report.signed), 7):
        other = bytearray(report.signed)
        other[at] ^= 1 if at % 2 else 32  # 32: the same letter, small or large
        file.write_bytes(other)
        with pytest.raises((ValueError, KeyError, TypeError)):
            opened(str(file))


@pytest.mark.parametrize(
    "forged",
    [
        lambda told: json.dumps(told).encode(),  # written anew: the same values, other bytes
        lambda told: canonical(told).replace(b'"content":{', b'"content":{"report":{"number":"x"},', 1),  # two of one name
        lambda told: canonical({**told, "algorithm": "none"}),
        lambda told: canonical({**told, "signature": ""}),
        lambda told: canonical({**told, "key": "00" * 31}),
        lambda told: canonical(told["content"]),
        lambda _: b"[" * 100_000,
        lambda _: b'"\\ud800"',
        lambda _: b"\xff\xfe",
        lambda _: b"",
    ],
)
def test_what_is_no_report_as_issued_is_refused(world: World, plainly: Recording, tmp_path: Path, forged: Callable[[Any], bytes]) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(forged(json.loads(make_report(world.actor("队长"), plainly).signed)))
    assert checked(file) == (1, "不符：签名不对，或不是原样下载的保管报告\n")


def test_something_else_signed_with_the_same_key_is_no_report(world: World, plainly: Recording, tmp_path: Path) -> None:
    from chengxin.evidence.services.receipts import receipt_of

    file = tmp_path / "receipt.json"
    file.write_bytes(canonical(receipt_of(plainly)))
    assert checked(file)[0] == 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (lambda film: flipped(film, 8 * (2 * PART + 7)), f"从第 3 段（第 {2 * PART} 字节之后）"),
        (lambda film: film[: PART + 1], "从第 2 段"),
        (lambda film: film[:PART], "从第 2 段"),
        (lambda film: film + b"\0" * PART, "段"),
        (lambda _: b"", "0 字节，SHA-256 为 e3b0c442"),
    ],
)
def test_a_changed_film_is_named_by_its_first_other_part(
    world: World, lived: Recording, tmp_path: Path, changed: Callable[[bytes], bytes], said: str
) -> None:
    file, film = tmp_path / "report.json", tmp_path / "film.mp4"
    file.write_bytes(make_report(world.actor("队长"), lived).signed)
    film.write_bytes(changed(original(lived).read_bytes()))
    code, text = checked(file, film)
    assert (code, said in text.splitlines()[-1], text.splitlines()[-1].startswith("不符：影像文件")) == (1, True, True)


@pytest.mark.parametrize("words", [[], ["a", "b", "c"], ["--help"], ["a", "--key"], ["/nowhere/report.json"]])
def test_a_wrong_use_of_the_script_is_told_apart_from_a_bad_report(words: list[str]) -> None:
    code, text = checked(*words)
    assert (code, bool(text)) == (2, True)


# --- the script's own Ed25519 beside the library's ---


def by_library(content: bytes, signature: bytes, key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def agreed(content: bytes, signature: bytes, key: bytes) -> bool:
    found: bool = script().is_signed(content, signature, key)
    assert found == by_library(content, signature, key), (content, signature.hex(), key.hex())
    return found


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.binary(min_size=32, max_size=32), st.integers(0, 511), st.integers(0, 255))
def test_both_say_the_same_of_good_and_spoilt_signatures(content: bytes, seed: bytes, bit: int, key_bit: int) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = private.public_key().public_bytes_raw(), private.sign(content)
    assert agreed(content, signature, key)
    assert not agreed(content + b"\0", signature, key)
    assert not agreed(content, flipped(signature, bit), key)
    assert not agreed(content, signature, flipped(key, key_bit))
    s = int.from_bytes(signature[32:], "little")
    for above in range(1, 9):  # S + n·L says the same to a verifier that does not look
        if s + above * script().ORDER < 2**256:
            assert not agreed(content, signature[:32] + (s + above * script().ORDER).to_bytes(32, "little"), key)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=20), st.binary(min_size=64, max_size=64), st.binary(min_size=32, max_size=32))
def test_both_say_the_same_of_noise(content: bytes, signature: bytes, key: bytes) -> None:
    agreed(content, signature, key)


def test_both_say_the_same_of_points_of_small_order_and_of_encodings_that_are_not_the_usual() -> None:
    p, said = script().P, set()
    odd = [number + sign for number in (0, 1, 2, p - 1, p, p + 1, p + 18, 2**255 - 1) for sign in (0, 2**255)]
    texts = [number.to_bytes(32, "little") for number in odd]
    for key in texts:
        for r in texts:
            for content in (b"", b"a", b"b", b"c"):
                said.add(agreed(content, r + bytes(32), key))
    assert said == {True, False}
    for length in (0, 31, 33, 63, 65):
        assert not agreed(b"", bytes(length), texts[1])
        assert not agreed(b"", bytes(64), bytes(length))


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# --- for reading ---

ODD = "<b>甲</b> & 乙\x01\x1b[31m \u202egpj.exe 𠮷 \ufffe" + "很长的说明，" * 400 + "尾" + "a" * 600 + "末"


def docx_text(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def pdf_pages(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    return [page.get_textpage().get_text_range().replace("\r\n", "").replace("\n", "") for page in document]


def pdf_text(report: Report) -> str:
    return "".join(pdf_pages(as_pdf(report)))


def with_odd_words(report: Report) -> Report:
    content = copy.deepcopy(report.content)
    content["recording"]["original_name"] = content["steps"][0]["note"] = content["viewings"][0]["reason"] = ODD
    return Report(content, report.key, report.signature, report.stem)


def test_the_word_file_has_the_digests_the_story_and_the_looks(world: World, lived: Recording) -> None:
    report = make_report(world.actor("队长"), lived)
    content = as_docx(report)
    text = docx_text(content)
    for each in (report.number, lived.sha256, lived.sm3, *lived.parts, report.key, report.signature):
        assert each in text
    for each in ("投诉涉及 <此人> & 他人", "区公安分局"):
        assert each in text
    for step in lived.steps.all():
        assert step.title in text
        assert step.note in text
    document = docx.Document(io.BytesIO(content))
    assert (round(document.sections[0].page_width.mm), round(document.sections[0].page_height.mm)) == (210, 297)
    xml = zipfile.ZipFile(io.BytesIO(content)).read("word/document.xml").decode()
    assert 'w:eastAsia="仿宋"' in xml
    assert 'w:eastAsia="方正小标宋简体"' in xml


def test_the_pdf_has_them_too_and_its_last_page_the_key_and_the_signature(world: World, lived: Recording) -> None:
    report = make_report(world.actor("队长"), lived)
    pages = pdf_pages(as_pdf(report))
    text = "".join(pages)
    for each in (report.number, lived.sha256, *lived.parts, "阻碍执法 被推搡", "投诉涉及 <此人> & 他人"):
        assert each in text
    assert report.key in pages[-1]
    assert report.signature in pages[-1]
    assert [f"第 {number} 页　共 {len(pages)} 页" in page for number, page in enumerate(pages, start=1)] == [True] * len(pages)


def test_odd_and_very_long_words_survive(world: World, lived: Recording) -> None:
    report = with_odd_words(make_report(world.actor("队长"), lived))
    text, read = docx_text(as_docx(report)), pdf_text(report)
    assert plain(ODD) == "<b>甲</b> & 乙□□[31m □gpj.exe 𠮷 □" + ODD[ODD.index("很") :]
    assert text.count(plain(ODD)) == 3
    read = re.sub(r"\s", "", read)  # lines and pages end anywhere
    assert [read.count(each) for each in ("<b>甲</b>&乙□□[31m□gpj.exe〓□很", "很", "尾", "末")] == [3, 1200, 3, 3]
    assert read.count("a") >= 1800


def test_a_long_film_and_a_long_story_make_a_long_report(world: World, lived: Recording) -> None:
    report = make_report(world.actor("队长"), lived)
    content = copy.deepcopy(report.content)
    content["recording"]["part_sha256"] = [hashlib.sha256(bytes([at % 256])).hexdigest() for at in range(500)]
    content["viewings"] *= 300
    long = Report(content, report.key, report.signature, report.stem)
    assert docx_text(as_docx(long)).count("投诉核查") >= 300
    assert "".join(pdf_pages(as_pdf(long))).count("投诉核查") >= 300


# --- who may ---


@pytest.mark.parametrize("name", ["外队长", "队员", "装备员", "审计员", "系统员"])
def test_who_may_not_leaves_nothing_behind(world: World, plainly: Recording, name: str) -> None:
    with refused(NotAllowed, "出具影像保管报告"):
        make_report(world.actor(name), plainly)
    with refused(NotAllowed, "具名人员"):
        make_report(SYSTEM, plainly)


@pytest.mark.parametrize("name", ["局长", "督察", "大队长", "队长"])
def test_who_may(world: World, plainly: Recording, name: str) -> None:
    assert make_report(world.actor(name), plainly).content["report"]["made_by"] == name


def test_the_door_hands_out_one_report_in_the_form_asked_for(world: World, plainly: Recording, tmp_path: Path) -> None:
    client, address = world.client("队长"), f"/evidence/recordings/{plainly.pk}/report/"
    for number, (form, head) in enumerate({"json": b'{"algorithm"', "docx": b"PK", "pdf": b"%PDF", "zip": b"PK"}.items(), start=1):
        answer = client.post(address, {"form": form})
        stem = f"custody-{plainly.pk:07d}-{number}"
        assert (answer.status_code, answer.content[: len(head)]) == (200, head)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{stem}.{form}"'
        assert answer.headers["Cache-Control"] == "no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.namelist() == [f"{stem}.json", f"{stem}.docx", f"{stem}.pdf", "verify_custody.py"]
    archive.extractall(tmp_path)
    assert checked(tmp_path / f"{stem}.json", original(plainly), "--key", signing.public_key())[0] == 0


def test_what_the_door_refuses_leaves_nothing_behind(world: World, plainly: Recording) -> None:
    client, address = world.client("队长"), f"/evidence/recordings/{plainly.pk}/report/"
    before = [RecordingStep.objects.count(), Entry.objects.exclude(action__startswith="people.").count()]
    answer = client.post(address, {"form": "exe"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["field"], "请选择报告的格式" in answer.json()["detail"]) == (422, "form", True)
    assert client.get(address).status_code == 405
    assert world.client("外队长").post(address, {"form": "pdf"}).status_code == 404
    assert world.client("队员").post(address, {"form": "pdf"}).status_code == 403
    assert [RecordingStep.objects.count(), Entry.objects.exclude(action__startswith="people.").count()] == before


def test_the_door_reads_no_more_at_once_than_is_good_for_the_pages(
    world: World, plainly: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Taken:
        def acquire(self, **_: bool) -> bool:
            return False

    monkeypatch.setattr(doors.uploads, "AT_ONCE", Taken())
    assert world.client("队长").post(f"/evidence/recordings/{plainly.pk}/report/", {"form": "pdf"}).status_code == 503


def test_everybody_signed_in_gets_the_script(world: World) -> None:
    answer = world.client("职员").get("/evidence/reports/verifier/")
    assert (answer.status_code, answer.content) == (200, reports.VERIFIER.read_bytes())
    assert answer.headers["Content-Disposition"] == 'attachment; filename="verify_custody.py"'
    assert world.client().get("/evidence/reports/verifier/").status_code == 302
    assert len(reports.VERIFIER.read_text("utf-8").splitlines()) <= 90
