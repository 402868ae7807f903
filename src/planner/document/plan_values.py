"""Plans as plain JSON values and back, exact to the last bit of every number."""

from __future__ import annotations

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from math import isfinite
from typing import Any, NewType

from planner.domain import control, corrections, outcome, protection, tissue_choice
from planner.domain import plan as plan_types
from planner.domain.levels import Level, Side
from planner.domain.order import Order
from planner.domain.plan import Plan
from planner.domain.volume import PatientIdentity
from planner.geometry.points import PointLps

_NOT_WRITTEN = frozenset({"saved_sha256"})
"""Fields that describe the file and are worked out again when it is read."""

KIND = "kind"
"""Key that tells which of several kinds of record a value is."""

_NAMES = {
    "CementLeak": outcome.CementLeak,
    "Complication": outcome.Complication,
    "ControlReading": control.ControlReading,
    "Correction": corrections.Correction,
    "DiscPlane": corrections.DiscPlane,
    "WallSide": corrections.WallSide,
    "Level": Level,
    "Side": Side,
    "Order": Order,
    "PatientIdentity": PatientIdentity,
    "PointLps": PointLps,
    "Agent": protection.Agent,
    "LayerId": protection.LayerId,
    "ProtectionLayer": protection.ProtectionLayer,
    "Visit": outcome.Visit,
    "TissueChoice": tissue_choice.TissueChoice,
    "TissueChoiceId": tissue_choice.TissueChoiceId,
    "TissueKind": tissue_choice.TissueKind,
    "OutlinedPart": tissue_choice.OutlinedPart,
    "Ball": tissue_choice.Ball,
}
"""Names that ``planner.domain`` imports for type checking only."""


class NotAPlanError(ValueError):
    """Plain values do not describe a plan; the message says where."""


def plain_from_plan(plan: Plan) -> dict[str, Any]:
    """Return the plan as dicts, lists, strings, finite numbers, booleans and ``None``."""
    return typing.cast("dict[str, Any]", _encode(Plan, plan))


def plan_from_plain(plain: object) -> Plan:
    """Return the plan that plain values describe.

    A field this version does not know is refused, because dropping it would lose a decision.

    Raises
    ------
    NotAPlanError
        When a value is missing, unknown, of the wrong kind, or refused by the plan itself.
    """
    return typing.cast("Plan", _decode(Plan, plain, "plan"))


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls, vars(plan_types), _NAMES)


def _encode(hint: Any, value: Any) -> Any:
    if isinstance(hint, NewType):
        return _encode(hint.__supertype__, value)
    if kinds := _kinds(hint):
        name = type(value).__name__
        return {KIND: name, **_encode(kinds[name], value)}
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return None if value is None else _encode(_the_other(hint), value)
    if typing.get_origin(hint) is tuple:
        item_hints = _item_hints(hint, len(value))
        return [_encode(item, part) for item, part in zip(item_hints, value, strict=True)]
    if is_dataclass(hint):
        hints = _hints(typing.cast("type", hint))
        names = [field.name for field in fields(hint) if field.name not in _NOT_WRITTEN]
        return {name: _encode(hints[name], getattr(value, name)) for name in names}
    if hint is float:
        return float(value)
    return value.value if isinstance(value, StrEnum) else value


def _decode(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, NewType):
        return _decode(hint.__supertype__, value, where)
    if kinds := _kinds(hint):
        return _decode_kind(kinds, value, where)
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return None if value is None else _decode(_the_other(hint), value, where)
    if typing.get_origin(hint) is tuple:
        return _decode_tuple(hint, value, where)
    if is_dataclass(hint):
        return _decode_record(hint, value, where)
    return _decode_scalar(hint, value, where)


def _decode_tuple(hint: Any, value: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise NotAPlanError(f"{where} is not a list")
    item_hints = _item_hints(hint, len(value))
    if len(item_hints) != len(value):
        raise NotAPlanError(f"{where} has {len(value)} parts instead of {len(item_hints)}")
    pairs = zip(item_hints, value, strict=True)
    return tuple(_decode(item, part, f"{where}[{n}]") for n, (item, part) in enumerate(pairs))


def _decode_kind(kinds: dict[str, Any], value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise NotAPlanError(f"{where} is not a record")
    named = value.get(KIND)
    if not isinstance(named, str) or named not in kinds:
        raise NotAPlanError(f"{where} is of an unknown kind")
    rest = {name: part for name, part in value.items() if name != KIND}
    return _decode_record(kinds[named], rest, where)


def _decode_record(hint: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise NotAPlanError(f"{where} is not a record")
    hints = _hints(hint)
    known = {field.name: field for field in fields(hint) if field.name not in _NOT_WRITTEN}
    if unknown := value.keys() - known.keys():
        raise NotAPlanError(f"{where} has unknown fields {sorted(unknown)}")
    missing = [
        name
        for name, field in known.items()
        if name not in value and field.default is MISSING and field.default_factory is MISSING
    ]
    if missing:
        raise NotAPlanError(f"{where} lacks {missing}")
    parts = {name: _decode(hints[name], part, f"{where}.{name}") for name, part in value.items()}
    try:
        return hint(**parts)
    except ValueError as refusal:
        raise NotAPlanError(f"{where}: {refusal}") from refusal


def _decode_scalar(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        try:
            return hint(value)
        except ValueError as refusal:
            raise NotAPlanError(f"{where}: {refusal}") from refusal
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _decode_number(value, where)
    if hint is int and isinstance(value, bool):
        raise NotAPlanError(f"{where} is not a whole number")
    if not isinstance(value, hint):
        raise NotAPlanError(f"{where} is not {hint.__name__}")
    return value


def _decode_number(value: float, where: str) -> float:
    try:
        number = float(value)
    except OverflowError as refusal:
        raise NotAPlanError(f"{where} is too large") from refusal
    if not isfinite(number):
        raise NotAPlanError(f"{where} is not finite")
    return number


def _kinds(hint: Any) -> dict[str, Any]:
    """Return the records a union is made of by their names; empty for any other hint."""
    if typing.get_origin(hint) not in (types.UnionType, typing.Union):
        return {}
    parts = typing.get_args(hint)
    return {part.__name__: part for part in parts} if all(map(is_dataclass, parts)) else {}


def _the_other(hint: Any) -> Any:
    """Return ``T`` of ``T | None``."""
    (other,) = (part for part in typing.get_args(hint) if part is not types.NoneType)
    return other


def _item_hints(hint: Any, count: int) -> list[Any]:
    parts = typing.get_args(hint)
    return [parts[0]] * count if parts[-1] is Ellipsis else list(parts)
