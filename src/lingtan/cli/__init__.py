"""The ``lingtan`` command: a park folder in, an explained account out."""

from lingtan.cli.app import main

__all__ = ["main"]
