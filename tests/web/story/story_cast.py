"""The persons of the story, each with a browser window of his own, and the park that they keep together."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

PASSWORD = "Correct-Horse-9"
# The month before last: pages of reports look back a year from today.
DUE = (date.today().replace(day=1) - timedelta(days=45)).replace(day=1)
YEAR, PERIOD = DUE.year, f"{DUE:%Y-%m}"
NODES = """id,parent,kind,name_zh,name_en
grid,,grid,电网,Grid
gasnet,,fuel_network,燃气网,Gas network
A,,enterprise,安川铸造,Anchuan Foundry
B,,enterprise,宝源食品,Baoyuan Food
"""
STREAMS = """id,commodity,source,target,made_as,used_as
EA,electricity,grid,A,grid_supply,
EB,electricity,grid,B,grid_supply,
GA,natural_gas,gasnet,A,,final_fuel
GB,natural_gas,gasnet,B,,final_fuel
"""


def folder() -> bytes:
    """Return the park as a zip: all invoices of a year but one month's gas, which only the enterprises can tell."""
    rows = ["stream,start,end,amount,unit,kind,reporter"]
    for month in range(1, 13):
        start = date(YEAR, month, 1)
        span = f"{start},{(start + timedelta(days=31)).replace(day=1)}"
        rows += [f"EA,{span},900,MWh,invoice,A", f"EB,{span},400,MWh,invoice,B"]
        if start != DUE:
            rows += [f"GA,{span},30,1e4 Nm3,invoice,A", f"GB,{span},12,1e4 Nm3,invoice,B"]
    tables = {
        "park.toml": 'id = "T"\nformat = 1\ncountry = "CN"\ntimezone = "Asia/Shanghai"\n'
        'default_boundary = "SITE"\n[name]\nzh = "青禾产业园"\nen = "Qinghe Park"\n',
        "boundaries.csv": "id,kind,name_zh,name_en\nSITE,physical,四至,Site\n",
        "members.csv": "boundary,node\nSITE,A\nSITE,B\n",
        "nodes.csv": NODES,
        "streams.csv": STREAMS,
        "statements/invoices.csv": "\n".join(rows) + "\n",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in tables.items():
            archive.writestr(name, text)
    return packed.getvalue()


@dataclass(slots=True)
class Person:
    """Somebody at a window: what he does, and what the browser complained about meanwhile."""

    page: Any
    base: str
    faults: list[str] = field(default_factory=list)

    @classmethod
    def at(cls, browser: Any, base: str, *, locale: str, width: int) -> Person:
        """Open a window that listens for faults of the console and of the content policy."""
        height = 900 if width > 800 else 844
        context = browser.new_context(locale=locale, viewport={"width": width, "height": height})
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"
        )
        made = cls(context.new_page(), base)
        made.page.set_default_timeout(15_000)
        made.page.on("console", lambda said: made.faults.append(said.text) if said.type == "error" else None)
        made.page.on("pageerror", lambda error: made.faults.append(str(error)))
        return made

    def open(self, address: str) -> Any:
        """Go to an address and return the answer."""
        return self.page.goto(self.base + address, wait_until="load")

    def sign_in(self, username: str) -> None:
        """Sign in by the form."""
        self.open("/sign/login/")
        self.page.fill("input[name=login]", username)
        self.page.fill("input[name=password]", PASSWORD)
        self.press("main button[type=submit]")

    def press(self, selector: str) -> None:
        """Press the button and wait for the page that comes."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.locator(selector).first.click()

    def agree(self, selector: str, reason: str = "") -> None:
        """Press a button that asks back, give a reason where one is asked, and confirm."""
        self.page.locator(selector).first.click()
        dialog = self.page.locator("dialog[open]")
        if dialog.count():
            if reason and dialog.locator("textarea, input[type=text]").count():
                dialog.locator("textarea, input[type=text]").first.fill(reason)
            with self.page.expect_navigation(wait_until="load"):
                dialog.locator("button.primary, button.danger").first.click()
        else:
            self.page.wait_for_load_state("load")

    def number(self, key: str) -> float:
        """Read an explained figure off the page."""
        text = self.page.locator(f"a.figure[data-explain='{key}']").first.inner_text()
        return float(re.sub(r"[^\d.]", "", text))
