"""Django's own commands (makemigrations, shell) on the trial's database, for those who work on the platform."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def main() -> None:
    """Start the embedded server of a scratch folder unless DATABASE_URL is given, and hand the words to Django."""
    data = Path(os.environ.setdefault("LINGTAN_DATA", str(Path(tempfile.gettempdir()) / f"lingtan-work-{os.getuid()}")))
    os.environ.setdefault("LINGTAN_TRIAL", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lingtan.web.settings")
    from lingtan.web import embedded

    embedded.prepare(data)
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = embedded.start(data)
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage", *sys.argv[1:]])


if __name__ == "__main__":
    main()
