"""Tables of the store. Statements can be run again; Django's migration of the platform runs `CREATE` as it stands."""

from __future__ import annotations

from typing import Any

from lingtan.store.model import FORMAT

CREATE = """
create table if not exists store_state (name text primary key, value text not null);
create table if not exists store_lease (
    name text primary key, holder text not null default '', taken timestamptz, turns bigint not null default 0);
create table if not exists store_point (
    code integer generated always as identity primary key,
    park text not null, point text not null,
    oldest_us bigint, newest_us bigint,
    places smallint not null default 0, largest double precision not null default 0,
    wide boolean not null default false, plan text not null default '',
    unique (park, point));
create table if not exists store_inbox (
    batch bigint generated always as identity primary key,
    park text not null, source text not null, key text, digest bytea not null,
    received timestamptz not null default clock_timestamp(),
    readings integer not null, content bytea not null, generation bigint, fault text);
alter table store_inbox alter content set storage external;
create unique index if not exists store_inbox_key on store_inbox (park, source, key, digest) where key is not null;
create index if not exists store_inbox_undone on store_inbox (batch) where generation is null and fault is null;
create table if not exists store_generation (
    generation bigint primary key, made timestamptz not null, kind text not null, digest text not null,
    detail jsonb not null);
create index if not exists store_generation_made on store_generation (made);
create table if not exists store_segment (
    id text primary key, park text not null, kind text not null, part integer not null,
    rows bigint not null, bytes bigint not null, low_us bigint not null, high_us bigint not null,
    low_code integer not null, high_code integer not null, sha256 text not null, inputs jsonb not null,
    added bigint not null, removed bigint);
create index if not exists store_segment_live on store_segment (park, kind, part) where removed is null;
create index if not exists store_segment_removed on store_segment (removed) where removed is not null;
create table if not exists store_dirty (
    id bigint generated always as identity primary key,
    park text not null, code integer not null, low_us bigint not null, high_us bigint not null,
    whole boolean not null default false, due timestamptz not null default clock_timestamp());
create index if not exists store_dirty_due on store_dirty (park, due, id);
create table if not exists store_reader (
    reader bigint generated always as identity primary key, generation bigint not null,
    pid integer not null, began timestamptz not null, until timestamptz not null);
insert into store_lease (name) values ('writer') on conflict do nothing;
"""
#: Tables in the order in which a restore fills them, with their identity column.
TABLES = (
    ("store_state", None),
    ("store_point", "code"),
    ("store_inbox", "batch"),
    ("store_generation", None),
    ("store_segment", None),
    ("store_dirty", "id"),
)


def install(connection: Any) -> None:
    """Make the tables where they are missing; safe to run at once from several processes and again."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(720410331)")
        connection.execute(CREATE)
        connection.execute(
            "insert into store_state values ('format', %s), ('floor', '0') on conflict do nothing", (str(FORMAT),)
        )
