"""``planner register``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.transform import Rotation

from planner.app.output import Json, Outcome, progress
from planner.catalog import load_catalog
from planner.domain.errors import InputRefusedError, UsageError
from planner.domain.plan import AnatomyBinding
from planner.imaging import load_ct, relation_in_words
from planner.registration import Registrar, Registration, RegistrationRefused
from planner.session.cases import open_case
from planner.settings import user_data_folder

if TYPE_CHECKING:
    import argparse

    from planner.domain.anatomy import Vertebra

NOTHING_CARRIED = (
    "Nothing was carried over, and nothing is checked in the other CT: "
    "look at each vertebra there."
)


def register(arguments: argparse.Namespace) -> Outcome:
    """Find vertebrae of a CT in another CT, each by itself, or say why that is not known."""
    locator = str(arguments.anatomy.resolve()) if arguments.anatomy else ""
    case = open_case(
        arguments.ct,
        load_catalog(user_data_folder()),
        series_uid=arguments.series,
        binding=AnatomyBinding(
            backend="import" if locator else "builtin",
            locator=locator,
            seeds=tuple(arguments.seed),
        ),
        report=progress,
    )
    other = load_ct(arguments.other, arguments.other_series, progress)
    clicks, levels = dict(arguments.click), arguments.level or list(case.anatomy.vertebrae)
    if strange := sorted(set(clicks) - set(levels)):
        raise UsageError(f"{strange[0]} was clicked, and it is not among the levels looked for.")
    registrar = Registrar(case.ct, case.anatomy)
    found = [
        registrar.register(level, other, near=clicks.get(level), report=progress)
        for level in levels
    ]
    refused = [one for one in found if isinstance(one, RegistrationRefused)]
    if found and len(refused) == len(found):
        raise InputRefusedError(refused[0].code, " ".join(one.reason for one in refused))
    vertebrae = case.anatomy.vertebrae
    return Outcome(
        {
            "levels": {
                one.level: _found(one, vertebrae[one.level])
                if isinstance(one, Registration)
                else {"refused": one.code, "why": one.reason}
                for one in found
            },
            "other_ct": relation_in_words(case.ct.record, other.record),
            "note": NOTHING_CARRIED,
        }
    )


def _found(one: Registration, vertebra: Vertebra) -> Json:
    was = vertebra.body_centre.array
    now = one.moved(was)
    return {
        "other_from_first": [list(row) for row in one.motion],
        "body_centre_mm": [float(value) for value in now],
        "moved_mm": float(np.linalg.norm(now - was)),
        "turned_deg": float(np.degrees(Rotation.from_matrix(one.matrix[:3, :3]).magnitude())),
        "expected_wall_error_mm": one.wall_error_mm,
        "misfit_mm": one.misfit_mm,
        "rival_misfit_mm": one.rival_misfit_mm if np.isfinite(one.rival_misfit_mm) else None,
        "compared_with": list(one.compared_with),
        "edge_seen": one.seen,
        "level_doubt": vertebra.level_doubt,
    }
