"""Edits of the layers that protect nerves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.document.commands import free_id, require
from planner.document.plan_document import Command
from planner.domain.protection import LayerId

if TYPE_CHECKING:
    from planner.domain.plan import Plan
    from planner.domain.protection import ProtectionLayer


def free_layer_id(plan: Plan) -> LayerId:
    """Return an id no layer has."""
    return LayerId(free_id("layer", (layer.id for layer in plan.protection)))


def put_layer(layer: ProtectionLayer) -> Command:
    """Add a layer, or replace the one of its id."""

    def apply(plan: Plan) -> Plan:
        if any(item.id == layer.id for item in plan.protection):
            kept = tuple(layer if item.id == layer.id else item for item in plan.protection)
        else:
            kept = (*plan.protection, layer)
        return replace(plan, protection=kept)

    return Command("Protecting layer", apply)


def remove_layer(layer_id: LayerId) -> Command:
    """Remove a layer."""

    def apply(plan: Plan) -> Plan:
        require(layer_id, (item.id for item in plan.protection), "layer")
        kept = tuple(item for item in plan.protection if item.id != layer_id)
        return replace(plan, protection=kept)

    return Command("Remove protecting layer", apply)
