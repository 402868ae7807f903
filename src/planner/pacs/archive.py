"""What the rest of the program asks of an archive: to be there, find, get and take."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from planner.domain.errors import InputRefusedError
from planner.domain.progress import unreported
from planner.domain.volume import GateVerdict
from planner.imaging import inspect
from planner.imaging.plan_object import PLAN_MODALITY, plan_bytes_of
from planner.pacs.peer import refused
from planner.pacs.quarantine import (
    Quarantine,
    let_out,
    quarantine_beside,
    write_if_room,
)
from planner.settings.nodes import WebNode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from planner.domain.progress import ProgressReport
    from planner.imaging import Inspection
    from planner.pacs.peer import Peer, SeriesFound, StudyFound, StudyQuery
    from planner.settings.nodes import PacsSettings

CHATTY: Final = ("pynetdicom", "dicomweb_client", "urllib3", "retrying")
"""Libraries that log addresses, questions and answers; those may name a patient."""


def echo(settings: PacsSettings, node: str = "") -> str:
    """Ask a node whether it listens and knows us; return its name."""
    peer = _peer(settings, node)
    peer.echo()
    return peer.name


def find_studies(
    settings: PacsSettings, query: StudyQuery, node: str = ""
) -> tuple[StudyFound, ...]:
    """Return the studies of a node that match, the newest first.

    An archive need not know the kinds in a study (PS3.4 table C.6-5); what it says nothing of
    stays.
    """
    found = [
        one
        for one in _peer(settings, node).find_studies(query)
        if not query.modality or not one.modalities or query.modality in one.modalities
    ]
    return tuple(sorted(found, key=lambda one: one.date, reverse=True))


def find_series(settings: PacsSettings, study_uid: str, node: str = "") -> tuple[SeriesFound, ...]:
    """Return the series of a study."""
    return _peer(settings, node).find_series(study_uid)


def get_series(
    settings: PacsSettings,
    study_uid: str,
    series_uid: str,
    place: Path,
    *,
    node: str = "",
    report: ProgressReport = unreported,
) -> Inspection:
    """Put a scan at ``place`` once it is whole and the gate lets it pass.

    Raises
    ------
    PlannerError
        Why nothing was kept.
    """
    peer = _peer(settings, node)
    with quarantine_beside(place) as folder:
        _received(peer, settings, study_uid, series_uid, folder, report)
        found = inspect(folder, report)
        refusals = [
            one
            for one in (*found.findings, *(x for y in found.series for x in y.findings))
            if one.severity is GateVerdict.REFUSE
        ]
        if refusals:
            raise InputRefusedError(
                refusals[0].code,
                f"{peer.name}: the series arrived whole, but cannot be planned on: "
                f"{refusals[0].message} Nothing was kept.",
            )
        let_out(folder, place)
    return found


def get_plans(
    settings: PacsSettings,
    study_uid: str,
    place: Path,
    *,
    check: Callable[[Path], None],
    node: str = "",
    report: ProgressReport = unreported,
) -> tuple[Path, ...]:
    """Put every plan file that the archive has with a study at ``place``.

    Parameters
    ----------
    check
        Reads a plan file while it waits; what it raises keeps all of them out.
    """
    peer = _peer(settings, node)
    series = [one for one in peer.find_series(study_uid) if one.modality == PLAN_MODALITY]
    if not series:
        raise refused(
            "NO-PLAN",
            peer.name,
            "it has no plan with this study.",
            "Choose another study, or plan anew.",
        )
    with quarantine_beside(place) as folder:
        names: list[str] = []
        for one in series:
            arrived = folder / "arriving"
            arrived.mkdir()
            _received(peer, settings, study_uid, one.series_uid, arrived, report)
            for file in sorted(arrived.iterdir()):
                data = plan_bytes_of(file)
                file.unlink()
                if data is not None:
                    names.append(f"plan-{len(names) + 1}.plan")
                    write_if_room(folder / names[-1], data)
                    check(folder / names[-1])
            arrived.rmdir()
        if not names:
            raise refused(
                "NO-PLAN",
                peer.name,
                "its plans of this study are of other programs.",
                "Choose another study, or plan anew.",
            )
        let_out(folder, place)
    return tuple(place / name for name in names)


def send(
    settings: PacsSettings,
    places: Sequence[Path],
    *,
    node: str = "",
    report: ProgressReport = unreported,
) -> int:
    """Send DICOM files, and ask the archive whether it has them all; return how many.

    Raises
    ------
    PlannerError
        What was stored and what was not.
    """
    from planner.pacs.storage import checked_to_send  # noqa: PLC0415 - loads the DICOM libraries

    peer = _peer(settings, node)
    wanted, files = checked_to_send(places)
    peer.store(files, report)
    for (study, series), uids in wanted.items():
        missing = len(uids - peer.instances_of(study, series))
        if missing:
            raise refused(
                "NOT-THERE",
                peer.name,
                f"it answered that all {len(files)} objects were stored, but does not have "
                f"{missing} of them.",
                "Ask again in a while; if it stays so, send again.",
            )
    return len(files)


def _received(
    peer: Peer,
    settings: PacsSettings,
    study_uid: str,
    series_uid: str,
    folder: Path,
    report: ProgressReport,
) -> None:
    """Receive a series into a folder: as many objects as the archive says, and those very ones."""
    known = {one.series_uid: one for one in peer.find_series(study_uid)}
    if series_uid not in known:
        raise refused(
            "NO-SUCH-SERIES",
            peer.name,
            "it has no such series in this study.",
            "Ask for the series of the study with: planner pacs find --study UID",
        )
    uids = peer.instances_of(study_uid, series_uid)
    said = known[series_uid].instances
    if not uids and not said:
        raise refused(
            "NO-COUNT",
            peer.name,
            "it does not say how many objects the series has, so nobody could tell whether all "
            "came.",
            "Nothing was asked for. Have whoever runs the archive allow that question.",
        )
    if uids and said is not None and said != len(uids):
        raise refused(
            "CHANGING",
            peer.name,
            f"it says the series has {said} objects, and lists {len(uids)}.",
            "It may still be receiving the series. Ask again in a while.",
        )
    expected = len(uids) or said or 0
    if expected > settings.limits.most_instances:
        raise refused(
            "LIMIT",
            peer.name,
            f"the series has {expected} objects.",
            "Nothing was asked for. Raise most_instances in pacs.toml if it is really so large.",
        )
    waiting = Quarantine(
        node=peer.name,
        folder=folder,
        study_uid=study_uid,
        series_uid=series_uid,
        expected=expected,
        limits=settings.limits,
        report=report,
    )
    peer.fetch(study_uid, series_uid, waiting.take)
    waiting.check_whole(uids)


def _peer(settings: PacsSettings, name: str) -> Peer:
    for library in CHATTY:
        logging.getLogger(library).setLevel(logging.CRITICAL + 1)
    node = settings.node(name)
    if isinstance(node, WebNode):
        from planner.pacs.web import WebPeer  # noqa: PLC0415 - each protocol loads its own library

        return WebPeer(node=node, settings=settings)
    from planner.pacs.dimse import DimsePeer  # noqa: PLC0415

    return DimsePeer(node=node, settings=settings)
