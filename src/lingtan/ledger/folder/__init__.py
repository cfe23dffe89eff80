"""The park folder, format 1: read with every fault named in one run, checked, written back without loss.

``read`` gives the park of the good rows, the findings and the readings (lazily, in blocks); ``check`` reads everything
and gives all findings; ``write`` puts a park back into a folder; ``digest`` sums the files; ``spans`` tells which
time the reading files cover. The pages under ``docs/folder`` describe each file.
"""

from lingtan.ledger.folder.check import check, read
from lingtan.ledger.folder.faults import FolderError
from lingtan.ledger.folder.model import Loaded
from lingtan.ledger.folder.readings import ReadingSource, spans
from lingtan.ledger.folder.tree import digest
from lingtan.ledger.folder.write import write

__all__ = ["FolderError", "Loaded", "ReadingSource", "check", "digest", "read", "spans", "write"]
