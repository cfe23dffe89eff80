"""Why is this figure what it is? ``explain`` walks from a figure down to readings, factor, document, rule."""

from lingtan.trace.context import ReadingFile
from lingtan.trace.explain import explain, explainer
from lingtan.trace.model import Explanation, Step
from lingtan.trace.names import TraceError, UnknownFigure

__all__ = ["Explanation", "ReadingFile", "Step", "TraceError", "UnknownFigure", "explain", "explainer"]
