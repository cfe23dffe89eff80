"""Streams and the points that measure them, prices of what flows."""
