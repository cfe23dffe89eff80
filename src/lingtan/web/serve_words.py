"""What serving says before there are pages, Chinese and English side by side; ``LINGTAN_LANG`` picks one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

WORDS: Mapping[str, tuple[str, str]] = {
    "address": ("零碳平台已就绪：{address}", "Lingtan is ready at {address}"),
    "stop": ("按 Ctrl-C 停止。", "Ctrl-C stops it."),
    "swept": ("已结束上次异常退出留下的 {count} 个进程", "ended {count} processes that a killed run had left"),
    "database": ("启动内置数据库", "starting the embedded database"),
    "tables": ("准备数据表（{count} 步）", "preparing the tables ({count} steps)"),
    "static": ("整理静态文件", "gathering the static files"),
    "database_again": ("数据库中断，已重新启动", "the database had ended; started again"),
    "again": ("{name}中断，已重新启动", "the {name} had ended; started again"),
    "stopping": ("停止{name}", "stopping the {name}"),
    "web server": ("网页服务", "web server"),
    "worker": ("后台任务进程", "worker"),
    "the database": ("数据库", "database"),
    "trial": (
        "试用方式：内置数据库，不加密。正式使用请设 DATABASE_URL，并运行 lingtan check --deploy。",
        "Trial: embedded database, no encryption. For production set DATABASE_URL and run lingtan check --deploy.",
    ),
    "served": (
        "{data} 已在服务中（{who}）。请直接使用它，或先停止它，或用 --data 另给一个文件夹。",
        "{data} is served already ({who}). Use that one, stop it first, or give another folder with --data.",
    ),
    "somebody": ("另一个进程", "another process"),
    "process": ("进程 {pid}", "process {pid}"),
    "taken": (
        "{host} 的端口 {port} 不能使用：{why}。请停止占用它的程序，或换一个：lingtan serve --port {other}。",
        "Port {port} of {host} cannot be used: {why}. Stop what uses it, or choose another: "
        "lingtan serve --port {other}.",
    ),
    "dies": (
        "{name}一分钟内中断了 {count} 次（退出码 {code}）。原因见上文；请处理后再启动。",
        "The {name} ended {count} times within a minute (exit code {code}). What it said stands above; mend that and "
        "start again.",
    ),
    "silent": (
        "网页服务 {seconds} 秒内没有应答。原因见上文。",
        "The web server does not answer after {seconds} s. What it said stands above.",
    ),
    "no_database": (
        "数据库没有应答：{why}。请检查 DATABASE_URL。",
        "The database does not answer: {why}. Check DATABASE_URL.",
    ),
    "old_database": (
        "需要 PostgreSQL 15 或更新的版本，收到 {version}。请升级 DATABASE_URL 所指的服务器。",
        "Expected PostgreSQL 15 or newer, got {version}. Update the server that DATABASE_URL names.",
    ),
    "no_tables": (
        "数据表未能更新：{why}。请检查 LINGTAN_OWNER_URL，数据未改变。",
        "The tables were not brought to this version: {why}. Check LINGTAN_OWNER_URL; nothing was changed.",
    ),
    "newer": (
        "数据库由更新版本的零碳建立（含 {step}）。请安装该版本，或恢复升级前的备份。",
        "The database was made by a newer Lingtan (it has {step}). Install that version, or restore the backup that "
        "was made before the update.",
    ),
    "other": (
        "数据库由零碳的另一个开发版本建立（{step} 内容不同）。首个正式版发布前，各版本的数据表互不相通："
        "请用建立它的版本导出园区文件夹，再导入新的数据文件夹（--data）；演示数据可删除 out/platform 后重建。",
        "The database was made by another state of Lingtan ({step} differs). Before the first release such states do "
        "not share tables: export the park folder with the version that made it and import it into a new data folder "
        "(--data); for the demonstration remove out/platform.",
    ),
    "backup.exists": (
        "{file} 已存在。请换一个名字；备份从不覆盖。",
        "{file} exists. Give another name; a backup never overwrites.",
    ),
    "backup.made": (
        "已备份：{file}（{tables} 张表，{rows} 行，{files} 个文件，{size:.1f} MB，用时 {seconds:.1f} 秒）",
        "Backup made: {file} ({tables} tables, {rows} rows, {files} files, {size:.1f} MB, in {seconds:.1f} s)",
    ),
    "backup.copied": (
        "已复制到 {file}，并核对一致。",
        "Copied to {file}, and compared.",
    ),
    "backup.drilled": (
        "恢复演练成功：在旁边的数据库中恢复并逐表核对，{tables} 张表，{rows} 行，{files} 个文件全部一致，"
        "用时 {seconds:.0f} 秒。已记入 operation.json。",
        "The drill went well: restored beside the platform and compared, {tables} tables, {rows} rows, {files} files, "
        "all equal, in {seconds:.0f} s. Noted in operation.json.",
    ),
    "backup.restored": (
        "已恢复并逐表核对：{tables} 张表，{rows} 行，{files} 个文件，全部一致。",
        "Restored and checked table by table: {tables} tables, {rows} rows, {files} files, all equal.",
    ),
    "backup.not_empty": (
        "目标不是空的（{where}）。恢复只写入空的数据文件夹与数据库；请另给 --data 或 DATABASE_URL。",
        "The target is not empty ({where}). Restoring writes only to an empty data folder and database; give another "
        "--data or DATABASE_URL.",
    ),
    "backup.broken": (
        "{file} 不是完整的备份：{why}。请换一份备份。",
        "{file} is not a whole backup: {why}. Take another one.",
    ),
    "backup.differs": (
        "恢复后与备份不一致：{what}。请勿使用此次恢复的数据。",
        "What was restored differs from the backup: {what}. Do not use it.",
    ),
    "backup.tool": (
        "{tool} 失败：{why}",
        "{tool} failed: {why}",
    ),
    "backup.no_tool": (
        "找不到 {tool}。请安装 PostgreSQL 客户端程序（版本不低于服务器）。",
        "{tool} was not found. Install PostgreSQL's client programs, not older than the server.",
    ),
}


def say(key: str, **values: Any) -> str:
    """Return a text in the language, placeholders filled."""
    return WORDS[key][os.environ.get("LINGTAN_LANG", "en") != "zh"].format_map(values)
