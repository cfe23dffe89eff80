"""Named failpoints: places where tests kill the process. Without the environment's word they cost one look-up."""

from __future__ import annotations

import os
import signal

NAMES = (
    "inbox.before_commit", "inbox.after_commit",
    "file.before_sync", "file.after_sync", "folder.after_sync",
    "compact.before_commit", "compact.after_commit", "compact.middle",
    "merge.before_commit", "merge.after_commit", "merge.middle",
    "rollup.before_commit", "rollup.after_commit", "rollup.middle",
    "rebuild.before_commit", "rebuild.after_commit",
    "sweep.before_unlink", "sweep.before_commit", "sweep.after_commit",
)  # fmt: skip
_ASKED = os.environ.get("LINGTAN_FAILPOINT", "")
_LEFT = {"hits": int(_ASKED.partition(":")[2] or 1)}


def hit(name: str) -> None:
    """Kill this process (SIGKILL) at the n-th pass where ``LINGTAN_FAILPOINT`` says ``name:n``."""
    if name != _ASKED.partition(":")[0]:
        return
    _LEFT["hits"] -= 1
    if _LEFT["hits"] <= 0:
        os.kill(os.getpid(), signal.SIGKILL)
