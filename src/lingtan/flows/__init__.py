"""Statements of several parties become the flows that count; deviations, coverage and stock changes beside them.

``adopt`` chooses per stream and local month; ``total`` and ``month_view`` sum pieces; ``tabulate`` makes the rows of
``lingtan flows``; ``stock_change`` reads levels. Windows are whole local months: ``whole_months`` widens to them.
"""

from lingtan.flows.adoption import adopt, total
from lingtan.flows.grid import FlowError, whole_months
from lingtan.flows.model import CrossCheck, Flow, FlowSet, Source
from lingtan.flows.stocks import StockChange, stock_change
from lingtan.flows.tables import MonthAmount, month_view, tabulate

__all__ = [
    "CrossCheck", "Flow", "FlowError", "FlowSet", "MonthAmount", "Source", "StockChange", "adopt", "month_view",
    "stock_change", "tabulate", "total", "whole_months",
]  # fmt: skip
