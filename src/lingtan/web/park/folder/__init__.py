"""Whole parks in and out of the database as folders, and the folder that the computing side reads.

``import_folder`` and ``export_folder`` lose nothing: tables with the text of their cells, rows that were left out,
readings and unknown files, workflow in ``records/``, documents in ``evidence/``. ``snapshot`` is the park as a folder
on disk, ``book`` that folder opened, ``park_value`` the park straight from the rows. A model without a table or
register travels along by ``carry``.
"""

from lingtan.web.park.folder.importing import export_folder, import_folder
from lingtan.web.park.folder.nouns import park_value
from lingtan.web.park.folder.outcome import Difference, ImportRefused, Outcome
from lingtan.web.park.folder.records import carry
from lingtan.web.park.folder.snapshot import book, snapshot

__all__ = [
    "Difference", "ImportRefused", "Outcome", "book", "carry", "export_folder", "import_folder", "park_value",
    "snapshot",
]  # fmt: skip
