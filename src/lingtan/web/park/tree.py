"""The tree of nodes: which enterprise a node belongs to, and what facts and prices belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from lingtan.ledger.park import OUTSIDE_KINDS

if TYPE_CHECKING:
    from lingtan.web.park.park import Park

# Walks down from the top, so that a ring of parents, which hangs on no top, cannot hold it.
_SETTLE = """
WITH RECURSIVE down(id, enterprise_id) AS (
    SELECT id, CASE WHEN kind = 'enterprise' THEN id END FROM park_node WHERE park_id = %(park)s AND parent_id IS NULL
    UNION ALL
    SELECT node.id,
        CASE WHEN node.kind = 'enterprise' THEN node.id WHEN node.kind = ANY(%(outside)s) THEN NULL
        ELSE down.enterprise_id END
    FROM park_node node JOIN down ON node.parent_id = down.id
), written AS (
    UPDATE park_node node SET enterprise_id = down.enterprise_id FROM down
    WHERE node.id = down.id AND node.enterprise_id IS DISTINCT FROM down.enterprise_id
)
SELECT code FROM park_node WHERE park_id = %(park)s AND id NOT IN (SELECT id FROM down) ORDER BY code LIMIT 20
"""
_FACTS = """
UPDATE park_fact fact SET node_id = (
    SELECT node.id FROM park_node node WHERE node.park_id = fact.park_id AND node.code = fact.subject)
WHERE fact.park_id = %(park)s AND (%(subject)s = '' OR fact.subject = %(subject)s) AND fact.node_id IS DISTINCT FROM (
    SELECT node.id FROM park_node node WHERE node.park_id = fact.park_id AND node.code = fact.subject)
"""
_PRICES = """
UPDATE metering_price price SET stream_id = (
    SELECT stream.id FROM metering_stream stream WHERE stream.park_id = price.park_id AND stream.code = price.subject)
WHERE price.park_id = %(park)s AND (%(subject)s = '' OR price.subject = %(subject)s)
    AND price.stream_id IS DISTINCT FROM (SELECT stream.id FROM metering_stream stream
        WHERE stream.park_id = price.park_id AND stream.code = price.subject)
"""


def settle(park: Park) -> None:
    """Give every node of a park the nearest enterprise at or above it; public nodes and those outside have none.

    Raises
    ------
    ValidationError : nodes are their own ancestors; the message names them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, {"park": park.pk, "outside": list(OUTSIDE_KINDS)})
        ring = [code for (code,) in cursor.fetchall()]
    if ring:
        said = _("Part of: expected a chain that ends at the top; %(nodes)s hang on one another. Change one of them.")
        raise ValidationError({"parent": said % {"nodes": ", ".join(ring)}})


def link_facts(park_id: int, subject: str = "") -> None:
    """Set the node that facts speak of: those of one subject, or all."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, {"park": park_id, "subject": subject})


def link_prices(park_id: int, subject: str = "") -> None:
    """Set the stream that prices speak of: those of one subject, or all."""
    with connection.cursor() as cursor:
        cursor.execute(_PRICES, {"park": park_id, "subject": subject})
