"""Photos: kept as uploaded, judged by content, opened only through the record that owns them."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from chengxin.core import clock
from chengxin.core.errors import DomainError
from chengxin.files import selectors, services, store
from chengxin.files.models import StoredFile
from tests.world import World, upload


def test_an_original_is_kept_byte_for_byte_under_its_digest(world: World) -> None:
    sent = upload("现场.jpg")
    content = sent.read()
    sent.seek(0)
    stored = services.accept_photo(world.actor("队员"), sent)  # type: ignore[arg-type]
    assert (stored.sha256, stored.size, stored.original_name) == (hashlib.sha256(content).hexdigest(), len(content), "现场.jpg")
    assert services.read_original(stored) == content
    with Image.open(io.BytesIO(services.read_thumbnail(stored))) as small:
        assert max(small.size) <= 480


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jpg", b"", "空文件"),
        ("a.jpg", b"<script>alert(1)</script>", "不是照片|照片"),
        ("a.jpg", b"%PDF-1.7 something", "照片"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "照片|损坏"),
    ],
)
def test_a_photo_that_is_not_a_photo_leaves_nothing(world: World, name: str, content: bytes, message: str) -> None:
    with pytest.raises(DomainError, match=message):
        services.accept_photo(world.actor("队员"), SimpleUploadedFile(name, content))  # type: ignore[arg-type]
    assert StoredFile.objects.count() == 0


def test_a_truncated_photo_is_refused(world: World) -> None:
    content = upload(size=(800, 600)).read()
    with pytest.raises(DomainError):
        services.accept_photo(world.actor("队员"), SimpleUploadedFile("a.jpg", content[: len(content) // 2]))  # type: ignore[arg-type]


def test_a_photo_beyond_the_limit_is_refused_with_the_limit(world: World, settings: object) -> None:
    settings.PHOTO_MAX_BYTES = 100  # type: ignore[attr-defined]
    with pytest.raises(DomainError, match="超过"):
        services.accept_photo(world.actor("队员"), upload())  # type: ignore[arg-type]


def test_an_upload_belongs_to_one_record_and_to_who_sent_it(world: World) -> None:
    own, other = world.actor("队员"), world.actor("协管")
    photo = world.photo(own)
    with pytest.raises(DomainError, match="已失效或已用于别的记录"):
        services.claim(other, [photo], "finding:1")
    services.claim(own, [photo], "finding:1")
    with pytest.raises(DomainError, match="已失效或已用于别的记录"):
        services.claim(own, [photo], "finding:2")
    assert [file.pk for file in selectors.files_of("finding:1")] == [photo]


def test_a_photo_opens_only_for_whoever_may_see_its_finding(world: World) -> None:
    finding = world.finding(photos=[world.photo(world.actor("督察"))])
    other = world.finding(person="外人")
    photo = StoredFile.objects.get().pk
    address = f"/findings/{finding.pk}/photos/{photo}/"
    for name, status in (("队员", 200), ("队长", 200), ("督察乙", 200), ("外人", 404), ("外队长", 404), ("审计员", 403)):
        assert world.client(name).get(address).status_code == status, name
    assert world.client("督察").get(f"/findings/{other.pk}/photos/{photo}/").status_code == 404
    assert world.client("督察").get(f"/files/{photo}/").status_code == 404
    answer = world.client("队员").get(address + "?small")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert world.client("队员").get(address + "?small", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304


def test_what_found_no_record_within_a_day_is_swept_and_nothing_else(django_capture_on_commit_callbacks: object, world: World) -> None:
    owner = world.actor("队员")
    with clock.frozen(clock.now() - dt.timedelta(hours=25)):
        stale, kept = world.photo(owner, "red"), world.photo(owner, "green")
        services.claim(owner, [kept], "finding:1")
    fresh = world.photo(owner, "blue")
    gone = StoredFile.objects.get(pk=stale).sha256
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert services.sweep_waiting() == 1
    assert set(StoredFile.objects.values_list("pk", flat=True)) == {kept, fresh}
    assert not store.path_of(gone).exists()


def test_a_flipped_byte_is_found(world: World) -> None:
    world.photo(world.actor("队员"))
    stored = StoredFile.objects.get()
    assert services.damaged_files() == []
    path = store.path_of(stored.sha256)
    path.chmod(0o600)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    assert services.damaged_files() == [stored.sha256]


def office(*names: str) -> bytes:
    """A package with the parts that make an office document."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name in names:
            package.writestr(name, "<x/>")
    return content.getvalue()


WORD = office("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("content", "ending"), [(b"%PDF-1.7\n...\n%%EOF\n", "pdf"), (WORD, "document"), (office("xl/workbook.xml"), "sheet")]
)
def test_a_document_is_known_by_its_content_and_downloaded_never_shown(world: World, content: bytes, ending: str) -> None:
    finding, own = world.finding(), world.client("队员")
    given = {"text": "见附件", "seen_version": "0", "photo_files": SimpleUploadedFile("说明.jpg", content)}
    assert own.post(f"/findings/{finding.pk}/object/", given).status_code == 303
    stored = StoredFile.objects.get()
    assert stored.media_type.endswith(ending)
    answer = own.get(f"/findings/{finding.pk}/photos/{stored.pk}/?small")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer.content == content


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7 cut off", "不完整"),
        (office("word/document.xml", "word/vbaProject.bin"), "含有宏"),
        (office("readme.txt"), "只收 PDF"),
        (WORD[:40], "损坏"),
    ],
)
def test_a_document_that_is_none_leaves_nothing_and_keeps_what_was_typed(world: World, content: bytes, message: str) -> None:
    finding = world.finding()
    given = {"text": "当时在换装", "seen_version": "0", "photo_files": SimpleUploadedFile("说明.docx", content)}
    answer = world.client("队员").post(f"/findings/{finding.pk}/object/", given)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert "当时在换装" in answer.content.decode()
    assert (StoredFile.objects.count(), finding.objections.count()) == (0, 0)


def test_a_photo_form_takes_no_documents(world: World) -> None:
    with pytest.raises(DomainError, match="照片"):
        services.accept_photo(world.actor("队员"), SimpleUploadedFile("a.jpg", WORD))  # type: ignore[arg-type]
