"""``python -m lingtan.cli`` runs the command."""

import sys

from lingtan.cli import main

sys.exit(main())
