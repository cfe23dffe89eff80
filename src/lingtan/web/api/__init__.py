"""Doors for programs: the API with its tokens and limits; what was uploaded as sheets, and how it is undone."""
