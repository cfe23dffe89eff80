"""Models of the room, for Django to find."""

from lingtan.web.reporting.form import FormLine, FormReporter, FormRule, FormTemplate
from lingtan.web.reporting.mapping import Mapping, MappingEntry
from lingtan.web.reporting.report import LineDocument, Remark, Report, ReportLine, ReportStep
from lingtan.web.reporting.statement import Adoption, Statement

__all__ = [
    "Adoption", "FormLine", "FormReporter", "FormRule", "FormTemplate", "LineDocument", "Mapping", "MappingEntry",
    "Remark", "Report", "ReportLine", "ReportStep", "Statement",
]  # fmt: skip
