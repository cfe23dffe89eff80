"""A process that runs the service with a spool file as its store, for tests that kill it."""

from __future__ import annotations

import sys
from pathlib import Path

from lingtan.ingest import service
from lingtan.ingest.sink import Spool

if __name__ == "__main__":
    sys.exit(
        service.run(
            Path(sys.argv[1]),
            lambda: Spool(Path(sys.argv[2]), most_rows=10**9),
            tell=print,
            started=lambda port: None,
        )
    )
