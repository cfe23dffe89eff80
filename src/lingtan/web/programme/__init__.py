"""Deadlines, tasks, messages."""
