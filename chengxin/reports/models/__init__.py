from chengxin.reports.models.exports import JusticeArchive, JusticeDownload, JusticeExport
from chengxin.reports.models.figures import DayFigure, DirtyDay
from chengxin.reports.models.packages import CarriedOver, Erratum, NextMeasure, YearPackage

__all__ = [
    "CarriedOver", "DayFigure", "DirtyDay", "Erratum", "JusticeArchive", "JusticeDownload", "JusticeExport", "NextMeasure", "YearPackage",
]  # fmt: skip
