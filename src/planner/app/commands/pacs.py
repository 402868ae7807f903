"""``planner pacs``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from planner import pacs
from planner.app.output import Outcome, progress
from planner.domain.errors import InputRefusedError, UsageError
from planner.session.fetching import SCANS
from planner.session.kept_scans import kept_scans, remove_scans
from planner.session.returned_plans import get_checked_plans
from planner.settings import user_data_folder
from planner.settings.nodes import load_pacs

if TYPE_CHECKING:
    import argparse


def echo(arguments: argparse.Namespace) -> Outcome:
    """Ask whether an archive listens and knows us."""
    return Outcome({"node": pacs.echo(load_pacs(user_data_folder()), arguments.node)})


def find(arguments: argparse.Namespace) -> Outcome:
    """Find studies, or the series of one."""
    settings = load_pacs(user_data_folder())
    query = pacs.StudyQuery(
        patient_id=arguments.patient_id,
        patient_name=arguments.patient_name,
        accession=arguments.accession,
        study_uid=arguments.study,
        date=arguments.date,
    )
    studies = [asdict(one) for one in pacs.find_studies(settings, query, arguments.node)]
    if arguments.study:
        found = pacs.find_series(settings, arguments.study, arguments.node)
        return Outcome({"studies": studies, "series": [asdict(one) for one in found]})
    return Outcome({"studies": studies})


def get(arguments: argparse.Namespace) -> Outcome:
    """Get a series through the gate, or the plans of a study."""
    settings = load_pacs(user_data_folder())
    if arguments.plans:
        plans = get_checked_plans(
            settings, arguments.study, arguments.out, node=arguments.node, report=progress
        )
        return Outcome(
            {
                "plans": [
                    {"file": str(one.path), "plan_id": one.plan_id, "revision": one.revision,
                     "series_uid": one.series_uid}
                    for one in plans
                ]
            }
        )  # fmt: skip
    found = pacs.get_series(
        settings,
        arguments.study,
        arguments.series,
        arguments.out,
        node=arguments.node,
        report=progress,
    )
    return Outcome({"out": str(arguments.out)} | found.as_json())


def send(arguments: argparse.Namespace) -> Outcome:
    """Send DICOM files."""
    settings = load_pacs(user_data_folder())
    sent = pacs.send(settings, arguments.what, node=arguments.node, report=progress)
    return Outcome({"sent": sent})


def watch(arguments: argparse.Namespace) -> Outcome:
    """Look once which series in a folder are complete."""
    seen = pacs.WatchedFolder(arguments.folder, quiet_s=arguments.quiet_s).look()
    if seen.missing:
        raise InputRefusedError("PACS-NO-FOLDER", seen.missing)
    return Outcome(
        {
            "complete": [one.as_json() for one in seen.complete],
            "waiting": [asdict(one) for one in seen.waiting],
        }
    )


def kept(arguments: argparse.Namespace) -> Outcome:
    """Say which fetched scans lie on this computer, and remove those that are named."""
    folder = user_data_folder()
    scans = kept_scans(folder)
    leaving = [
        one
        for one in scans
        if one.path.name in arguments.remove
        or (arguments.remove_older is not None and one.days > arguments.remove_older)
    ]
    if unknown := set(arguments.remove) - {one.path.name for one in scans}:
        raise UsageError(f"no fetched scan is called {', '.join(sorted(unknown))}")
    used = [f"{one.path.name} ({', '.join(one.used_by)})" for one in leaving if one.used_by]
    if used and not arguments.even_used:
        raise UsageError(
            f"nothing was removed, because plans refer to: {'; '.join(used)}. They would ask for "
            "their scan; add --even-used to remove it all the same"
        )
    removed = remove_scans(folder, leaving)
    return Outcome(
        {
            "folder": str(folder / SCANS),
            "removed": removed,
            "scans": [
                {"name": one.path.name, "patient": one.patient, "what": one.words,
                 "days": round(one.days, 1), "objects": one.objects, "bytes": one.size_bytes,
                 "used_by": list(one.used_by)}
                for one in scans
                if one not in leaving
            ],
        }
    )  # fmt: skip
