"""The page of a boundary: its map, and the nodes that belong to it with their shares."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpResponse

from lingtan.web.details.plan import Plan, PlanError, plan
from lingtan.web.kernel import views
from lingtan.web.kernel.pages import ParkRequest
from lingtan.web.kernel.register import Register
from lingtan.web.park.boundary import Boundary, Member
from lingtan.web.park.node import Node
from lingtan.web.publish.document import Document
from lingtan.web.publish.store import place

MOST = 500


@dataclass(frozen=True, slots=True)
class Branch:
    """A node in the tree of a boundary; ``share`` is written on members, None on what they bring along."""

    node: Node
    depth: int
    share: Decimal | None
    member: Member | None


def show(request: ParkRequest, register: Register, row: Boundary) -> HttpResponse:
    """Show a boundary."""
    members = list(Member.objects.visible_to(request.access).filter(boundary=row).select_related("node"))
    nodes = list(Node.objects.visible_to(request.access).order_by("code"))
    tree = branches(members, nodes)
    drawn, fault = _map(request, row, [one.node for one in tree])
    more = {
        "template": "kernel/boundary.html", "rich": True, "tree": tree[:MOST], "left": max(0, len(tree) - MOST),
        "members": len(members), "plan": drawn, "fault": fault,
        "related": views.related(request, register, row, leave=("members",)),
    }  # fmt: skip
    return views.show(request, register, row, **more)


def branches(members: list[Member], nodes: list[Node]) -> list[Branch]:
    """Return the members with the nodes below them that they bring along, in the order of the tree."""
    below: dict[int | None, list[Node]] = {}
    for node in nodes:
        below.setdefault(node.parent_id, []).append(node)
    tree: list[Branch] = []
    for member in sorted(members, key=lambda one: one.node.code):
        stack = [(member.node, 0)]
        seen: set[int] = set()
        while stack:
            node, depth = stack.pop()
            if node.pk in seen:
                continue
            seen.add(node.pk)
            tree.append(Branch(node, depth, None if depth else member.share, None if depth else member))
            stack += [(child, depth + 1) for child in reversed(below.get(node.pk, []))]
    return tree


def _map(request: ParkRequest, row: Boundary, nodes: list[Node]) -> tuple[Plan | None, str]:
    """Return the drawing of a boundary's map, or what is wrong with it; both blank where it names none."""
    if not row.map:
        return None, ""
    found = Document.objects.visible_to(request.access).filter(path__in=[row.map, f"evidence/{row.map}"]).first()
    content = place(found.sha256) if found is not None and found.sha256 else None
    if content is None or not content.is_file():
        return None, "missing"
    dots = [(str(node), node.lon, node.lat) for node in nodes if node.lat is not None and node.lon is not None]
    try:
        return plan(content.read_bytes(), dots), ""
    except PlanError as wrong:
        return None, str(wrong)
