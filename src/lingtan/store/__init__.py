"""Store: batches of readings made durable, compacted to immutable segments, rolled up and read as-of.

`message` + `append`/`append_all` earn an acknowledgement; `compact` and `merge` take batches to segments; `refresh`
computes what changed readings put in another light, `rebuild` all anew, `survey` notes changed meters; `view` opens a
state for `readings`, `rolled`, `latest` and `place`; `sweep`, `verify`, `backup`, `restore` keep house. Format and
invariants: docs/develop/store.md.
"""

from lingtan.store.base import connect, prepare
from lingtan.store.compact import Compacted, compact, merge, run
from lingtan.store.inbox import Message, append, append_all, message
from lingtan.store.model import Busy, Damaged, Forgotten, Limits, Receipt, Store, StoreError, Unavailable
from lingtan.store.read import View, live, one_quantum, place, readings, rolled, view
from lingtan.store.rollup import Refreshed, rebuild, refresh, survey, waiting
from lingtan.store.upkeep import Backup, Fault, Swept, backup, restore, sweep, verify

__all__ = [
    "Backup", "Busy", "Compacted", "Damaged", "Fault", "Forgotten", "Limits", "Message", "Receipt", "Refreshed",
    "Store", "StoreError", "Swept", "Unavailable", "View", "append", "append_all", "backup", "compact", "connect",
    "live", "merge", "message", "one_quantum", "place", "prepare", "readings", "rebuild", "refresh", "restore",
    "rolled", "run", "survey", "sweep", "verify", "view", "waiting",
]  # fmt: skip
