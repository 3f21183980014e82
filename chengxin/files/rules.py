"""Pure: what a photo or a document is, by its content and never by its name."""

from __future__ import annotations

import datetime as dt
import io
import warnings
import zipfile
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
LARGEST_PIXELS = 80_000_000
THUMBNAIL = (480, 480)
EXIF_TAKEN, EXIF_SUB = 36867, 34665
PDF = "application/pdf"
OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MACROS = ("word/vbaProject.bin", "xl/vbaProject.bin")


class NotAPhoto(ValueError):
    """The content is not a photo we keep; the message says what to do."""


@dataclass(frozen=True)
class Photo:
    """What the content says of itself. ``captured_at`` is the camera's claim, without a time zone."""

    media_type: str
    width: int
    height: int
    captured_at: dt.datetime | None


def examine(content: bytes) -> Photo:
    """Decode the whole picture once. Raises NotAPhoto for anything that is not a JPEG, PNG or WebP of sane size."""
    if content[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"}:
        raise NotAPhoto("这是 HEIC 照片，请在手机“相机—格式”中选“兼容性最佳”（JPEG）后重拍或另存。")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(MEDIA_TYPES)) as picture:
                return _facts(picture)
    except NotAPhoto:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError, Warning) as error:
        raise NotAPhoto("这不是可用的照片（只收完整的 JPEG、PNG、WebP），请重新拍摄或选择。") from error


def _facts(picture: Image.Image) -> Photo:
    width, height = picture.size
    if width * height > LARGEST_PIXELS:
        raise NotAPhoto(f"照片有 {width}×{height} 像素，过大，请用普通画质重拍。")
    picture.load()
    return Photo(MEDIA_TYPES[str(picture.format)], width, height, _captured_at(picture))


def _captured_at(picture: Image.Image) -> dt.datetime | None:
    text = str(picture.getexif().get_ifd(EXIF_SUB).get(EXIF_TAKEN, ""))
    try:
        return dt.datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007  (cameras state no zone)
    except ValueError:
        return None


def without_metadata(content: bytes) -> bytes:
    """The same picture, upright, without what the camera wrote beside it: place, device, owner. For senders who stay unnamed."""
    with Image.open(io.BytesIO(content)) as picture:
        kind = str(picture.format)
        upright = ImageOps.exif_transpose(picture)
        plain = upright.convert("RGB") if kind == "JPEG" else upright
        plain.info = {}
        buffer = io.BytesIO()
        plain.save(buffer, kind, **({"quality": 90} if kind != "PNG" else {}))
    return buffer.getvalue()


class NotADocument(ValueError):
    """The content is not a document we keep; the message says what to do."""


def looks_like_a_document(content: bytes) -> bool:
    return content.startswith((b"%PDF-", b"PK\x03\x04"))


def examine_document(content: bytes) -> str:
    """The media type of a whole PDF, .docx or .xlsx without macros. Raises NotADocument for anything else."""
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-2048:]:
            raise NotADocument("PDF 文件不完整，请重新导出后再选择。")
        return PDF
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = set(package.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise NotADocument("文件已损坏，请重新保存后再选择。") from error
    if names & set(MACROS):
        raise NotADocument("文件含有宏，请另存为不含宏的 .docx 或 .xlsx，或导出为 PDF。")
    found = next((media_type for name, media_type in OFFICE.items() if name in names), None)
    if found is None:
        raise NotADocument("只收 PDF、.docx、.xlsx 文件和照片，请转换后再选择。")
    return found


def thumbnail(content: bytes) -> bytes:
    """A small upright JPEG without the camera's metadata."""
    with Image.open(io.BytesIO(content)) as picture:
        small = ImageOps.exif_transpose(picture).convert("RGB")
        small.thumbnail(THUMBNAIL)
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
