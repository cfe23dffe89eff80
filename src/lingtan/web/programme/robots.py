"""Robots of group chats: the bodies that WeCom, DingTalk and Feishu document, signed where they ask, and the call.

Nothing is called but hosts of the list: those of the three houses and, for a relay of one's own, what the operator
wrote into ``LINGTAN_WEBHOOKS`` (addresses such as ``https://relay.example.com:8443``, by comma). No redirect is
followed, no proxy of the environment is used.

Bodies, signatures and answers were compared on 2026-11-20: WeCom with its own page
(developer.work.weixin.qq.com/document/path/91770: text of at most 2048 bytes, no signature, 20 messages a minute);
DingTalk (open.dingtalk.com/document/group/custom-robot-access: the signature is over time in ms, line feed and secret,
in the address; beyond 20 messages a minute it takes none for ten minutes) and Feishu
(open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: time in s, line feed and secret are the key, the message of
the signature is empty; the answer's ``code`` is 0) with pages that quote theirs. No real robot was called.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

#: Hosts of the three houses (feishu: also its name outside China), all by https on 443.
HOSTS = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn", "open.larksuite.com")
SECONDS = 10
#: Bytes of a text that the house takes (WeCom 2048; the others about 20,000 for the whole call).
LIMIT = {"wecom": 2048, "dingtalk": 18_000, "feishu": 18_000}


class RobotError(Exception):
    """A robot that cannot be called, or did not take the message. ``final``: trying again does not help."""

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


def check(url: str) -> None:
    """Refuse an address that is not on the list.

    Raises
    ------
    RobotError : its host, port or scheme is not one of the list, or it carries a user name.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    own = {allowed.rstrip("/") for allowed in settings.WEBHOOKS}
    origin = f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")
    listed = parts.scheme == "https" and parts.hostname in HOSTS and port in (None, 443)
    if parts.username is not None or not (listed or origin in own):
        raise RobotError(
            _(
                "Expected an address at %(hosts)s by https; got %(origin)s. A relay of your own is allowed by the "
                "operator's setting LINGTAN_WEBHOOKS."
            )
            % {"hosts": ", ".join(HOSTS), "origin": origin[:100]},
            final=True,
        )


def body(kind: str, title: str, text: str, *, link: str = "") -> dict[str, Any]:
    """Return the JSON of a message as the house documents it; plain text, so that nothing people wrote is markup."""
    content = _cut("\n".join(part for part in (title, text, link) if part), LIMIT[kind])
    if kind == "feishu":
        return {"msg_type": "text", "content": {"text": content}}
    return {"msgtype": "text", "text": {"content": content}}


def signed(kind: str, url: str, secret: str, content: dict[str, Any], now: float) -> tuple[str, dict[str, Any]]:
    """Return address and body with the signature that DingTalk (in the address) and Feishu (in the body) want."""
    if not secret or kind == "wecom":
        return url, content
    if kind == "dingtalk":
        stamp = str(round(now * 1000))
        made = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        sign = quote_plus(base64.b64encode(made))
        return f"{url}{'&' if '?' in url else '?'}timestamp={stamp}&sign={sign}", content
    stamp = str(int(now))
    made = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return url, {"timestamp": stamp, "sign": base64.b64encode(made).decode(), **content}


def call(url: str, content: Mapping[str, Any]) -> None:
    """Hand a body to a robot and read its answer.

    Raises
    ------
    RobotError : the address is not allowed, nobody answers, or the house refuses the message.
    """
    check(url)
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        data = json.dumps(content, ensure_ascii=False).encode()
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        line.request("POST", target, data, {"Content-Type": "application/json; charset=utf-8"})
        answer = line.getresponse()
        said, status = answer.read(65_536), answer.status
    except (OSError, http.client.HTTPException) as fault:
        raise RobotError(
            _("%(host)s does not answer: %(fault)s.") % {"host": parts.hostname, "fault": fault or type(fault).__name__}
        ) from fault
    finally:
        line.close()
    _judge(parts.hostname or "", status, said)


def _judge(host: str, status: int, said: bytes) -> None:
    """Read the answer: all three say 0 where they took the message, each under a name of its own."""
    try:
        told = json.loads(said)
        code = told.get("errcode", told.get("code", told.get("StatusCode")))
    except (ValueError, AttributeError):
        told, code = {}, None
    if status == 200 and code == 0:
        return
    why = told.get("errmsg") or told.get("msg") or said[:200].decode("utf-8", "replace")
    # 4xx but 429: the address or the body is wrong, and stays so.
    raise RobotError(
        _("%(host)s did not take the message: HTTP %(status)s, code %(code)s, %(why)s.")
        % {"host": host, "status": status, "code": code, "why": why},
        final=400 <= status < 500 and status != 429,
    )


def _cut(text: str, limit: int) -> str:
    """Shorten to a number of bytes, between two characters."""
    data = text.encode()
    return text if len(data) <= limit else data[: limit - 3].decode("utf-8", "ignore") + "…"
