"""Drop folder: complete files are taken in, then moved to ``done`` or, with a report, to ``refused``.

A file's key is the hash of its content, so a file that was stored but not yet moved when the machine stopped is known
when it is looked at again, and a copy under another name adds nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
import time
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from lingtan.ingest.config import FolderOptions
from lingtan.ingest.decode import Envelope
from lingtan.ingest.health import now
from lingtan.ingest.intake import Intake, deliver, digest
from lingtan.ingest.model import Answer, Fault, IngestError, Refused, Unavailable

DONE, REFUSED = "done", "refused"
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", ".swp", "~")
_AWAY_S = 5.0


@dataclass(slots=True)
class _Watch:
    """Size and time of files when last looked at, and since when [monotonic s] they stand still."""

    seen: dict[Path, tuple[int, int, float]] = field(default_factory=dict)


async def run(intake: Intake, options: FolderOptions) -> None:
    """Look into the folder until cancelled.

    Raises
    ------
    IngestError : the folder is missing or not ours to read and write.
    """
    watch = _Watch()
    while True:
        for path in await asyncio.to_thread(complete, options, watch):
            await _take(intake, options, path)
        await asyncio.sleep(options.look_every.total_seconds())


def complete(options: FolderOptions, watch: _Watch) -> list[Path]:
    """Return the files that stand still for long enough, oldest first."""
    folder, moment = options.path, time.monotonic()
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as fault:
        todo = f"make the folder, or give it to the account that runs ingest ({fault.strerror})"
        raise IngestError(f"{folder}: expected a folder that can be read; {todo}.") from fault
    found: dict[Path, tuple[int, int, float]] = {}
    ready: list[tuple[int, Path]] = []
    for entry in entries:
        if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
            continue
        # A link could lead to any file of this machine; only plain files are taken.
        status = entry.stat(follow_symlinks=False)
        if not stat.S_ISREG(status.st_mode) or not fnmatch(entry.name, options.pattern):
            continue
        path, mark = folder / entry.name, (status.st_size, status.st_mtime_ns)
        size, when, since = watch.seen.get(path, (*mark, moment))
        since = since if (size, when) == mark else moment
        found[path] = (*mark, since)
        if moment - since >= options.settle.total_seconds():
            ready.append((status.st_mtime_ns, path))
    watch.seen = found
    return [path for _, path in sorted(ready)]


async def _take(intake: Intake, options: FolderOptions, path: Path) -> None:
    """Take one file; a store that is away is waited for, a faulty file is put aside."""
    envelope = Envelope(file=path.name, most=intake.limits.max_expanded)
    try:
        payload = await asyncio.to_thread(_bytes, path, options.max_file)
        answer = await _delivered(intake, payload, envelope)
    except Refused as fault:
        await asyncio.to_thread(_move, path, options.path / REFUSED, _report([fault.fault]))
        return
    except FileNotFoundError:
        return
    faulty = answer.refused or answer.turned_away
    await asyncio.to_thread(_move, path, options.path / DONE, _report(answer.faults, answer) if faulty else None)


async def _delivered(intake: Intake, payload: bytes, envelope: Envelope) -> Answer:
    while True:
        try:
            return await deliver(intake, payload, digest(payload), envelope=envelope)
        except Unavailable as fault:
            intake.health.last_fault = str(fault)
            await asyncio.sleep(_AWAY_S)


def _bytes(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        todo = "split the file, or raise max_file"
        raise Refused(Fault("too_large", path.name, f"at most {most} bytes", "more", todo))
    return data


def _report(faults: list[Fault] | tuple[Fault, ...], answer: Answer | None = None) -> str:
    counted = answer.as_json() if answer else {"accepted": 0, "faults": [fault.as_json() for fault in faults]}
    return json.dumps(
        {**counted, "sentences": [fault.sentence() for fault in faults]}, ensure_ascii=False, indent=1
    )  # fmt: skip


def _move(path: Path, target: Path, report: str | None) -> None:
    """Move a file below ``target``/year-month under a free name; its report is on disk before it moves."""
    folder = target / f"{now():%Y-%m}"
    folder.mkdir(parents=True, exist_ok=True)
    place, number = folder / path.name, 1
    while place.exists():
        number += 1
        place = folder / f"{path.stem}-{number}{path.suffix}"
    if report is not None:
        with (folder / f"{place.name}.report.json").open("w", encoding="utf-8") as file:
            file.write(report)
            file.flush()
            os.fsync(file.fileno())
    path.rename(place)
    for each in (folder, path.parent):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
