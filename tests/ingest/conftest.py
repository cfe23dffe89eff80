"""Real servers for the tests of ingest, each started for the test that asks for it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from ingest_kit import ROOT, Child, free_port


def _servers() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lingtan_servers", ROOT / "tools" / "servers.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def children() -> Iterator[list[Child]]:
    """Processes that end with the test, however it ends."""
    started: list[Child] = []
    yield started
    for child in started:
        if child.process is not None and child.process.poll() is None:
            child.kill()


@pytest.fixture
def mosquitto(tmp_path: Path, children: list[Child]) -> Callable[..., Child]:
    """Return a function that starts mosquitto with the given lines of configuration."""
    program, env = _servers().mosquitto()

    def start(*lines: str) -> Child:
        port, home = free_port(), tmp_path / "mosquitto"
        home.mkdir(exist_ok=True)
        # Started as root, mosquitto would become another user, who could not write here.
        user = ["user root"] if os.getuid() == 0 else []
        text = [f"listener {port} 127.0.0.1", "allow_anonymous true", f"persistence_location {home}/", *user, *lines]
        (home / "mosquitto.conf").write_text("\n".join(text) + "\n", "utf-8")
        children.append(Child([str(program), "-c", str(home / "mosquitto.conf")], port=port, env=env).start())
        return children[-1]

    return start


@pytest.fixture
def nats(tmp_path: Path, children: list[Child]) -> Callable[..., Child]:
    """Return a function that starts nats-server as an MQTT broker whose streams are synced at every message."""
    program, env = _servers().nats()

    def start(*, sync: str = "always") -> Child:
        port, home = free_port(), tmp_path / "nats"
        home.mkdir(exist_ok=True)
        (home / "nats.conf").write_text(
            f'server_name: test\nlisten: "127.0.0.1:{free_port()}"\n'
            f'jetstream {{ store_dir: "{home}", sync_interval: {sync} }}\n'
            f'mqtt {{ listen: "127.0.0.1:{port}", ack_wait: "3s" }}\n',
            "utf-8",
        )
        children.append(Child([str(program), "-c", str(home / "nats.conf")], port=port, env=env).start())
        return children[-1]

    return start


sys.path.insert(0, str(Path(__file__).parent))
