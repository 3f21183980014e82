"""Printed labels read back from the picture of the page."""

from __future__ import annotations

import pypdfium2
import zxingcpp

from chengxin.equipment import rules
from chengxin.equipment.views.labels import sheet
from tests.world import World


def codes_on(pdf: bytes) -> set[str]:
    document = pypdfium2.PdfDocument(pdf)
    found: set[str] = set()
    for page in document:
        picture = page.render(scale=300 / 72).to_pil().convert("L")
        found |= {result.text for result in zxingcpp.read_barcodes(picture)}
    return found


def test_every_label_of_every_sheet_is_read_back() -> None:
    numbers = [f"JLY-{number:04d}" for number in range(1, 61)] + ["A1B2C3D4-E5F6G7H8-I9J0K1"]
    pdf = sheet([(number, "执法记录仪 演示型 DSJ-V8", "一中队") for number in numbers])
    assert codes_on(pdf) == {rules.label_of(number) for number in numbers}


def test_the_labels_of_a_list_are_those_of_the_reader_and_of_the_filter(world: World) -> None:
    world.item("R-1")
    world.item("C-1", kind="camera")
    world.item("X-1", unit="二中队")
    answer = world.client("装备员").get("/equipment/items/labels/?kind=radio")
    assert answer["Content-Type"] == "application/pdf"
    assert codes_on(answer.content) == {rules.label_of("R-1")}
