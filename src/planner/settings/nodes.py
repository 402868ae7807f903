"""Which archives this installation may speak to: ``pacs.toml`` in the user's folder.

Nothing is asked or listened for until the file names a node.
"""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_NAME: Final = "pacs.toml"
LONGEST_TITLE: Final = 16
"""Letters of an application entity title (PS3.5 table 6.2-1)."""
LARGEST_PORT: Final = 65535
RETRIEVALS: Final = ("get", "move")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Whom to believe, and who we are; empty paths where a side is not asked for.

    Attributes
    ----------
    ca
        Certificates of those we believe; empty: those the system believes.
    cert, key
        Our own, for nodes that ask who is calling.
    """

    ca: str = ""
    cert: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may cost; whoever asks for more is refused.

    Attributes
    ----------
    most_bytes
        Of one series: ten times a fine CT of a whole trunk.
    total_s
        Of one transfer.
    silence_s
        Longest wait for the next word of a node.
    """

    most_matches: int = 500
    most_instances: int = 20_000
    most_bytes: int = 10 * 1024**3
    total_s: float = 3600.0
    silence_s: float = 60.0

    def __post_init__(self) -> None:
        for limit in fields(self):
            if not getattr(self, limit.name) > 0:
                raise ValueError(f"{limit.name} must be above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where series that a node moves to us arrive; open only while one is awaited.

    Attributes
    ----------
    allow
        Addresses that may connect; every other one is hung up on unheard.
    """

    port: int
    allow: tuple[str, ...]
    bind: str = "127.0.0.1"
    tls: Tls | None = None

    def __post_init__(self) -> None:
        _check_port(self.port)
        if not self.allow:
            raise ValueError("allow must name at least one address")
        for address in self.allow:
            ipaddress.ip_address(address)


@dataclass(frozen=True, slots=True, kw_only=True)
class DimseNode:
    """An archive that speaks DICOM's own protocol."""

    name: str
    host: str
    port: int
    title: str
    retrieve: str = "get"
    tls: Tls | None = None

    def __post_init__(self) -> None:
        _check_port(self.port)
        _check_title(self.title)
        if self.retrieve not in RETRIEVALS:
            raise ValueError(f"retrieve must be one of {', '.join(RETRIEVALS)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebNode:
    """An archive that speaks DICOMweb.

    Attributes
    ----------
    authorization_variable
        The environment variable that holds the Authorization header, so that no secret lies in
        the settings.
    """

    name: str
    url: str
    tls: Tls | None = None
    authorization_variable: str = ""

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("url must begin with https:// or http://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """A folder an archive writes to, where no node is allowed.

    Attributes
    ----------
    quiet_s
        How long nothing in it may have changed before a series counts as complete.
    """

    folder: str
    quiet_s: float = 30.0

    def __post_init__(self) -> None:
        if not Path(self.folder).is_absolute():
            raise ValueError("folder of [watch] must be a whole path")
        if not self.quiet_s > 0:
            raise ValueError("quiet_s must be above zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class PacsSettings:
    """All of the file; without a node nothing is ever asked."""

    title: str = "PLANNER"
    nodes: Mapping[str, DimseNode | WebNode] = field(default_factory=dict)
    receiver: Receiver | None = None
    limits: Limits = field(default_factory=Limits)
    watch: Watch | None = None

    def node(self, name: str = "") -> DimseNode | WebNode:
        """Return the node of that name; without one, the only node there is.

        Raises
        ------
        UsageError
            When there is none, or the name decides nothing.
        """
        if not self.nodes:
            raise UsageError(
                f"No PACS is set up, so none was asked. Name one in {FILE_NAME} in the folder of "
                "your settings; docs/reference/pacs.md shows how."
            )
        if not name and len(self.nodes) == 1:
            return next(iter(self.nodes.values()))
        if name not in self.nodes:
            known = ", ".join(self.nodes)
            raise UsageError(f"Say which PACS is meant with --node; set up are: {known}.")
        return self.nodes[name]


def load_pacs(folder: Path) -> PacsSettings:
    """Read the file; where there is none, nothing is set up.

    Raises
    ------
    UsageError
        When it cannot be right: a wrong address is worse than none.
    """
    path = folder / FILE_NAME
    if not path.exists():
        return PacsSettings()
    try:
        return _settings(tomllib.loads(path.read_text(encoding="utf-8")), folder)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} cannot be used: {error}. No PACS was asked. docs/reference/pacs.md shows "
            "what belongs in it."
        ) from error


def _settings(stored: Mapping[str, Any], folder: Path) -> PacsSettings:
    if unknown := set(stored) - {"title", "receiver", "limits", "node", "watch"}:
        raise ValueError(f"it holds words nobody knows: {', '.join(sorted(unknown))}")
    title = stored.get("title", "PLANNER")
    _check_title(title)
    nodes: dict[str, DimseNode | WebNode] = {}
    for plain in stored.get("node", []):
        table = _with_tls(plain, folder)
        node = _record(WebNode, table) if "url" in table else _record(DimseNode, table)
        if node.name in nodes:
            raise ValueError(f"two nodes have the name {node.name}")
        nodes[node.name] = node
    receiver = None
    if "receiver" in stored:
        table = _with_tls(stored["receiver"], folder)
        table["allow"] = tuple(table.get("allow", ()))
        receiver = _record(Receiver, table)
    limits = _record(Limits, stored.get("limits", {}))
    watch = _record(Watch, stored["watch"]) if "watch" in stored else None
    return PacsSettings(title=title, nodes=nodes, receiver=receiver, limits=limits, watch=watch)


_Record = TypeVar("_Record")


def _record(kind: type[_Record], table: Mapping[str, Any]) -> _Record:
    """Make a record of a table whose every value has the kind its default or name asks for."""
    for name, value in table.items():
        wanted = (int, float) if name.startswith(_NUMBERS) else _KINDS
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise TypeError(f"{name} has a value of the wrong kind")
        if name == "port" and not isinstance(value, int):
            raise TypeError("port is a whole number")
    return kind(**table)


_NUMBERS = ("most_", "total_", "silence_", "quiet_")
_KINDS = (str, int, tuple, Tls, type(None))


def _with_tls(table: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the table with its TLS part made, paths being relative to the settings' folder."""
    plain = dict(table)
    if "tls" in plain:
        named = _record(Tls, plain["tls"])
        paths = {part.name: getattr(named, part.name) for part in fields(Tls)}
        placed = {part: str(folder / path) if path else "" for part, path in paths.items()}
        for path in filter(None, placed.values()):
            if not Path(path).is_file():
                raise ValueError(f"there is no file {path}")
        plain["tls"] = Tls(**placed)
    return plain


def _check_title(title: str) -> None:
    if not 1 <= len(title.strip()) == len(title) <= LONGEST_TITLE or not title.isascii():
        raise ValueError(f"{title!r} is no title: 1 to {LONGEST_TITLE} plain letters")


def _check_port(port: int) -> None:
    if not 1 <= port <= LARGEST_PORT:
        raise ValueError(f"{port} is no port")
