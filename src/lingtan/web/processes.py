"""Processes that serving starts: one lock a data folder, children that never outlive their parent, orphans found."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from lingtan.web.serve_words import say

#: Marks every process that a data folder's service started, and theirs: the mark is inherited.
MARK = "LINGTAN_SERVE"
#: A child that dies so often within so many seconds is not started again.
DEATHS, SPAN = 5, 60.0


class ServeError(Exception):
    """The platform cannot be served; the message says why and what to do."""


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """Hold the lock of a data folder; it ends with this process, however it ends.

    Raises
    ------
    ServeError : another process serves the folder.
    """
    with (data / "serve.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            who = file.read().strip() or say("somebody")
            raise ServeError(say("served", data=data, who=who)) from None
        file.truncate(0)
        file.write(say("process", pid=os.getpid()))
        file.flush()
        yield
        file.truncate(0)


def note_address(data: Path, address: str) -> None:
    """Write into the lock file where the platform is served, for the one who tries it a second time."""
    (data / "serve.lock").write_text(f"{say('process', pid=os.getpid())}, {address}", encoding="utf-8")


def sweep(data: Path) -> int:
    """End the children that a killed run of this data folder left behind; return how many there were."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = [process for process in psutil.process_iter() if process.pid not in own and _marked(process, data)]
    for process in found:
        with suppress(psutil.Error):
            process.terminate()
    _gone, left = psutil.wait_procs(found, timeout=5)
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=5)
    return len(found)


def _marked(process: psutil.Process, data: Path) -> bool:
    with suppress(psutil.Error, OSError):
        return process.environ().get(MARK) == str(data)
    return False


def free(host: str, port: int) -> None:
    """Make sure that a port can be listened at.

    Raises
    ------
    ServeError : it is taken (by whom, where that can be seen), or not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)  # two sockets of one user may share an address until one listens
        except OSError as fault:
            other = port + 1 if port < 65_535 else 8000
            why = f"{fault.strerror}{_holder(port)}"
            raise ServeError(say("taken", port=port, host=host, why=why, other=other)) from fault


def _holder(port: int) -> str:
    with suppress(psutil.Error, OSError):
        for line in psutil.net_connections("tcp"):
            if line.status == psutil.CONN_LISTEN and line.laddr.port == port and line.pid:
                return f" (process {line.pid}, {psutil.Process(line.pid).name()})"
    return ""


@dataclass(slots=True)
class Child:
    """A process that is kept running: started again when it dies, given up when it dies too often."""

    name: str
    words: Sequence[str]
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it in a group of its own: Ctrl-C is the parent's to answer."""
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own modules
            [sys.executable, *self.words], env={**os.environ, **self.env}, start_new_session=True,
            preexec_fn=_die_with_parent, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def keep(self, now: float) -> bool:
        """Start it again where it has died; True where that was so.

        Raises
        ------
        ServeError : it died too often.
        """
        if self.process is None or self.process.poll() is None:
            return False
        self.end(0)  # what it started itself
        self.deaths = [*(at for at in self.deaths if now - at < SPAN), now]
        if len(self.deaths) >= DEATHS:
            raise ServeError(say("dies", name=say(self.name), count=DEATHS, code=self.process.returncode))
        self.start()
        return True

    def end(self, patience: float) -> None:
        """Ask it to stop, wait, and kill what is left of its group."""
        if self.process is None:
            return
        if self.process.poll() is None and patience:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(patience)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _die_with_parent() -> None:
    """Ask Linux to end this child with its parent; elsewhere `sweep` finds it at the next start."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
