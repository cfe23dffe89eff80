"""A store of one's own for each test, on the embedded PostgreSQL that the platform's tests use too."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from lingtan.store import Limits, Store, prepare

TABLES = ("state", "lease", "point", "inbox", "generation", "segment", "dirty", "reader")


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """Address of an empty database for this worker."""
    from lingtan.web import embedded

    data = Path(tempfile.gettempdir()) / f"lingtan-tests-{os.getuid()}"
    embedded.prepare(data)
    server = os.environ.get("DATABASE_URL") or embedded.start(data)
    name = f"store_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")
        connection.execute(f"create database {name}")
    yield psycopg.conninfo.make_conninfo(server, dbname=name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {name} with (force)")


@pytest.fixture
def fresh_store(database: str, tmp_path: Path) -> Callable[..., Store]:
    """Return a function that empties the database and gives a store in a new folder."""
    count = iter(range(10**6))

    def make(**limits: object) -> Store:
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("".join(f"drop table if exists store_{name};" for name in TABLES))
        store = Store(tmp_path / f"store{next(count)}", database, Limits(**limits))  # type: ignore[arg-type]
        prepare(store)
        return store

    return make


@pytest.fixture
def store(fresh_store: Callable[..., Store]) -> Store:
    """An empty store."""
    return fresh_store()
