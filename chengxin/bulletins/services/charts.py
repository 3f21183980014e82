"""The squadron table as a chart that Word itself draws and that can be edited there: a chart part with its own small workbook."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.shared import Mm
from lxml import etree
from markupsafe import Markup
from pptx.chart.data import CategoryChartData
from pptx.chart.xlsx import CategoryWorkbookWriter
from pptx.chart.xmlwriter import ChartXmlWriter
from pptx.enum.chart import XL_CHART_TYPE

from chengxin.bulletins.rules import Chart

WIDTH, HEIGHT = Mm(150), Mm(78)
CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CHART_TYPE = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT = f"""<c:txPr xmlns:c="{CHART}" xmlns:a="{DRAWING}"><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="1000"><a:latin typeface="宋体"/>
<a:ea typeface="宋体"/></a:defRPr></a:pPr><a:endParaRPr lang="zh-CN"/></a:p></c:txPr>"""
HEADING = """<c:title xmlns:c="{c}" xmlns:a="{a}"><c:tx><c:rich><a:bodyPr/><a:lstStyle/><a:p><a:pPr><a:defRPr sz="1200" b="0"/></a:pPr>
<a:r><a:rPr lang="zh-CN" sz="1200" b="0"><a:ea typeface="黑体"/></a:rPr><a:t></a:t></a:r></a:p></c:rich></c:tx>
<c:overlay val="0"/></c:title>"""
LABELS = f"""<c:dLbls xmlns:c="{CHART}"><c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/><c:showSerName val="0"/>
<c:showPercent val="0"/><c:showBubbleSize val="0"/></c:dLbls>"""
INLINE = """<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:pPr><w:spacing w:before="120" w:after="120"
 w:line="240" w:lineRule="auto"/><w:jc w:val="center"/></w:pPr><w:r><w:drawing>
<wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" distT="0" distB="0" distL="0" distR="0">
<wp:extent cx="{width}" cy="{height}"/><wp:docPr id="1" name="图表" descr="{described}"/><a:graphic xmlns:a="{a}">
<a:graphicData uri="{c}"><c:chart xmlns:c="{c}" xmlns:r="{r}" r:id="{rel}"/>
</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"""


class ChartSlot:
    """The chart's place in a template: it comes into the package when the template first asks for it, and once."""

    def __init__(self, document: Any, chart: Chart) -> None:
        self.document, self.chart = document, chart

    def __html__(self) -> str:
        return self.paragraph

    @cached_property
    def paragraph(self) -> Markup:
        values = {"width": WIDTH, "height": HEIGHT, "a": DRAWING, "c": CHART, "r": RELATIONS, "rel": self._relation()}
        return Markup(INLINE.replace("\n", "")).format(**values, described=self.chart.described)

    def _relation(self) -> str:
        package = self.document.part.package
        data = CategoryChartData(number_format="General")
        data.categories = [name if value is not None else f"{name}（样本不足）" for name, value in self.chart.bars]
        data.add_series(self.chart.title, [value for _, value in self.chart.bars])
        blob = CategoryWorkbookWriter(data).xlsx_blob
        sheet = Part(PackURI("/word/embeddings/squadrons.xlsx"), SHEET_TYPE, blob, package)
        part = Part(PackURI("/word/charts/squadrons.xml"), CHART_TYPE, b"", package)
        part._blob = _chart_xml(self.chart, data, part.relate_to(sheet, f"{RELATIONS}/package"))
        relation: str = self.document.part.relate_to(part, f"{RELATIONS}/chart")
        return relation


def _chart_xml(chart: Chart, data: Any, workbook: str) -> bytes:
    # the library writes charts for slides; Word's are the same format, with titles, labels and the workbook to be added
    root = etree.fromstring(ChartXmlWriter(XL_CHART_TYPE.COLUMN_CLUSTERED, data).xml.encode())
    named = {"c": CHART, "a": DRAWING}
    inner = root.find("c:chart", named)
    for old in inner.findall("c:autoTitleDeleted", named):
        inner.remove(old)
    heading = etree.fromstring(HEADING.format(**named))
    heading.find(".//a:t", named).text = chart.title
    inner.insert(0, heading)
    inner.insert(1, etree.fromstring(f'<c:autoTitleDeleted xmlns:c="{CHART}" val="0"/>'))
    for legend in inner.findall("c:legend", named):
        inner.remove(legend)
    bars = inner.find(".//c:barChart", named)
    last = bars.findall("c:ser", named)[-1]
    for old in bars.findall("c:dLbls", named):
        bars.remove(old)
    last.addnext(etree.fromstring(LABELS))
    _scale(inner, named, 100 if "%" in chart.title else None)
    for old in root.findall("c:txPr", named):
        root.remove(old)
    inner.addnext(etree.fromstring(TEXT))
    for old in root.findall("c:externalData", named):
        root.remove(old)
    external = etree.SubElement(root, f"{{{CHART}}}externalData", {f"{{{RELATIONS}}}id": workbook})
    etree.SubElement(external, f"{{{CHART}}}autoUpdate", {"val": "0"})
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


def _scale(inner: Any, named: dict[str, str], most: int | None) -> None:
    """From nothing to the whole: an axis that begins somewhere else would make small differences look large."""
    scaling = inner.find(".//c:valAx/c:scaling", named)
    for each in list(scaling):
        scaling.remove(each)
    # in the order of the schema: orientation, max, min
    etree.SubElement(scaling, f"{{{CHART}}}orientation", {"val": "minMax"})
    if most is not None:
        etree.SubElement(scaling, f"{{{CHART}}}max", {"val": str(most)})
    etree.SubElement(scaling, f"{{{CHART}}}min", {"val": "0"})
