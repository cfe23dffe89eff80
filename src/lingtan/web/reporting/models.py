"""Models of the room, for Django to find."""

from lingtan.web.reporting.between import PeriodFlow
from lingtan.web.reporting.closing.month import MonthClosing
from lingtan.web.reporting.files.batch import ImportBatch
from lingtan.web.reporting.form import FormLine, FormReporter, FormRule, FormTemplate
from lingtan.web.reporting.mapping import Mapping, MappingEntry
from lingtan.web.reporting.report import LineDocument, Remark, Report, ReportLine, ReportStep
from lingtan.web.reporting.statement import Adoption, Statement

__all__ = [
    "Adoption", "FormLine", "FormReporter", "FormRule", "FormTemplate", "ImportBatch", "LineDocument", "Mapping",
    "MappingEntry", "MonthClosing", "PeriodFlow", "Remark", "Report", "ReportLine", "ReportStep", "Statement",
]  # fmt: skip
