"""The account as a workbook (``excel.write``) and as a page (``html.write``)."""

from lingtan.report import excel, html

__all__ = ["excel", "html"]
