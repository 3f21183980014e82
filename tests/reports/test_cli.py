"""``chengxin year-end`` and ``chengxin justice-export``: what is written, and what is refused before anything is."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from chengxin.audit.models import Entry
from chengxin.cli import main
from chengxin.cli.reports import write_justice_export, write_year_end
from chengxin.core.errors import Conflict, NotFound
from chengxin.reports.models import JusticeArchive, JusticeDownload
from tests.reports.conftest import begun, finding, frozen, on
from tests.reports.test_exports import LATER, asked, granted
from tests.world import World


def test_both_files_of_a_frozen_year_are_written_and_the_taking_is_kept(world: World, tmp_path: Path) -> None:
    with on():
        package = frozen(world)
        told = write_year_end(2026, tmp_path / "new" / "folder", draft=False)
        again = write_year_end(2026, tmp_path / "again", draft=False)
    assert told["sha256"] == package.sha256
    files = told["files"]
    assert isinstance(files, dict)
    assert [Path(name).name for name in files] == ["year-end-2026.docx", "year-end-2026.xlsx"]
    assert all(hashlib.sha256(Path(name).read_bytes()).hexdigest() == digest for name, digest in files.items())
    assert list(files.values()) == list(again["files"].values())  # type: ignore[attr-defined]
    assert Entry.objects.filter(action="reports.downloaded", actor_label="命令行").count() == 2


def test_a_draft_is_written_only_when_asked_for_and_the_refusal_names_what_is_open(world: World, tmp_path: Path) -> None:
    one = finding(world)
    with on():
        with pytest.raises(NotFound, match="还没有编制"):
            write_year_end(2026, tmp_path, draft=False)
        begun(world)
        with pytest.raises(Conflict, match="--draft") as refused:
            write_year_end(2026, tmp_path, draft=False)
        assert one.number in refused.value.message
        assert list(tmp_path.iterdir()) == []
        assert write_year_end(2026, tmp_path, draft=True)["state"] == "draft"
    assert len(list(tmp_path.iterdir())) == 2


def test_records_are_written_once_they_are_approved(world: World, tmp_path: Path) -> None:
    with on(LATER):
        with pytest.raises(Conflict, match="还没有审批"):
            write_justice_export(asked(world).pk, tmp_path)
        with pytest.raises(NotFound):
            write_justice_export(987_654, tmp_path)
        export = granted(world)
        told = write_justice_export(export.pk, tmp_path)
    (written,) = tmp_path.iterdir()
    assert written.read_bytes() == bytes(JusticeArchive.objects.get().content)
    assert told["export"] == export.number
    assert JusticeDownload.objects.get().by_label == "命令行"


def test_a_folder_that_cannot_be_written_is_said_plainly(world: World, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="ascii")
    with on():
        frozen(world)
        with pytest.raises(click.UsageError, match="不能写入"):
            write_year_end(2026, tmp_path / "file" / "below", draft=False)


@pytest.mark.parametrize("command", ["year-end", "justice-export"])
def test_the_commands_are_listed_and_ask_for_a_folder(command: str) -> None:
    answered = CliRunner().invoke(main, [command, "2026"])
    assert answered.exit_code == 2
    assert "--output" in answered.output
