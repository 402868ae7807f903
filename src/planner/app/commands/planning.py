"""``planner suggest`` and ``planner plan``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.app.clinical_words import clinical_answers
from planner.app.commands.anatomy import xyz
from planner.app.output import Json, Outcome, check_out_folder, progress
from planner.catalog import load_catalog
from planner.document.commands import accept_level, answer_clinical
from planner.document.plan_file import save_plan
from planner.domain.errors import InputRefusedError, UsageError
from planner.domain.levels import Side
from planner.domain.plan import (
    Ablation,
    AblationId,
    AnatomyBinding,
    Approach,
    CementId,
    CementInjection,
    CementTechnique,
    SideConfirmation,
    Trajectory,
    TrajectoryId,
)
from planner.domain.protection import LayerId
from planner.domain.tissue_choice import OutlinedPart, TissueChoiceId
from planner.planning import propose
from planner.planning.layer_side import away_from_heat
from planner.planning.tissue_parts import is_outlined
from planner.session.cases import new_plan, now_utc, open_case
from planner.session.needle_size import size_typed
from planner.settings import user_data_folder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from planner.app.treatment_words import WantedLayer
    from planner.domain.anatomy import Anatomy
    from planner.domain.devices import Device
    from planner.domain.plan import NeedleSize, Plan
    from planner.domain.protection import ProtectionLayer
    from planner.domain.tissue_choice import TissueChoice
    from planner.planning import ProposedPair, ProposedTrajectory
    from planner.session.cases import Case

TWO_NEEDLES = {"auto": None, "yes": True, "no": False}
"""Whether to propose pairs; ``auto`` does for a lesion that takes two thirds of its body."""


def suggest(arguments: argparse.Namespace) -> Outcome:
    """Propose trajectories to a level, or say why there is none."""
    size = _size(arguments)
    case = _case(arguments)
    case.vertebra(arguments.level)
    device = _device(case, arguments.device) if arguments.device else None
    proposals = propose(
        case.ct,
        case.anatomy,
        arguments.level,
        side=None if arguments.side == "both" else Side(arguments.side),
        approach=None if arguments.approach == "any" else Approach(arguments.approach),
        target=arguments.target,
        entry=arguments.entry,
        device=device,
        outer_diameter_mm=case.catalog.access_diameter([device] if device else [], size).value,
        count=arguments.count,
        two_needles=TWO_NEEDLES[arguments.two_needles],
        report=progress,
    )
    return Outcome(
        {
            "trajectories": [_trajectory(found) for found in proposals.trajectories],
            "pairs": [_pair(found) for found in proposals.pairs],
            "none_because": list(proposals.none_because),
            "notes": list(proposals.notes),
        }
    )


def plan(arguments: argparse.Namespace) -> Outcome:
    """Make a plan file with one needle, its ablation and its cement."""
    _check_plan_words(arguments)
    if (arguments.cycle_s is None) is not (arguments.pause_s is None):
        raise UsageError("Cycles need both --cycle-s and --pause-s.")
    answers = clinical_answers(arguments.clinical)
    size = _size(arguments)
    case = _case(arguments)
    device = _device(case, arguments.device)
    case.vertebra(arguments.level)
    side = Side(arguments.side)
    trajectory = _given(arguments, side) or _best(arguments, case, side, device, size)
    trajectory = replace(trajectory, size=size)
    made = replace(
        new_plan(case),
        trajectories=(trajectory,),
        ablations=(
            Ablation(
                id=AblationId("A1"),
                trajectory_id=trajectory.id,
                device_id=device.id,
                power_w=arguments.power_w,
                setpoint_celsius=arguments.setpoint_celsius,
                time_s=arguments.time_s,
                cycle_s=arguments.cycle_s,
                pause_s=arguments.pause_s,
            ),
        ),
    )
    made = replace(
        made,
        protection=_layers(arguments.layer, made),
        tissue_choices=_choices(arguments.tissue, case.anatomy),
    )
    if arguments.cement:
        if arguments.cement not in case.catalog.cements:
            raise UsageError(
                f"no cement '{arguments.cement}'; there are: {', '.join(case.catalog.cements)}"
            )
        injection = CementInjection(
            id=CementId("C1"),
            trajectory_id=trajectory.id,
            cement_id=arguments.cement,
            volume_ml=arguments.cement_ml,
            technique=CementTechnique(arguments.cement_technique or "vertebroplasty"),
            cavity_ml=arguments.cavity_ml or 0.0,
            pull_back_mm=arguments.pull_back_mm or 0.0,
        )
        made = replace(made, cements=(injection,))
    if arguments.side_confirmed_by:
        confirmation = SideConfirmation(
            by=arguments.side_confirmed_by,
            at_utc=now_utc(),
            patient_position=case.ct.record.patient_position,
        )
        made = replace(made, side_confirmation=confirmation)
    if arguments.accept:
        made = accept_level(arguments.level).apply(made)
    if answers:
        made = answer_clinical(**answers).apply(made)
    saved = save_plan(arguments.out, made)
    return Outcome(
        {"out": str(arguments.out), "plan_id": saved.plan_id, "revision": saved.revision}
    )


def _check_plan_words(arguments: argparse.Namespace) -> None:
    check_out_folder(arguments.out)
    if (arguments.entry is None) != (arguments.tip is None):
        raise UsageError("--entry and --tip belong together; give both, or neither")
    if (arguments.cement is None) != (arguments.cement_ml is None):
        raise UsageError("--cement and --cement-ml belong together; give both, or neither")
    given = (arguments.cement_technique, arguments.cavity_ml, arguments.pull_back_mm)
    if arguments.cement is None and any(word is not None for word in given):
        raise UsageError("--cement-technique, --cavity-ml and --pull-back-mm need --cement")
    makes_cavity = CementTechnique(arguments.cement_technique or "vertebroplasty").makes_cavity
    if makes_cavity is not (arguments.cavity_ml is not None):
        raise UsageError(
            "--cavity-ml belongs to balloon-kyphoplasty and vertebral-stent; give it there only"
        )
    if arguments.power_w is not None and arguments.setpoint_celsius is not None:
        raise UsageError("give --power-w or --setpoint-celsius, not both")


def _case(arguments: argparse.Namespace) -> Case:
    locator = str(arguments.anatomy.resolve()) if arguments.anatomy else ""
    return open_case(
        arguments.ct,
        load_catalog(user_data_folder()),
        series_uid=arguments.series,
        binding=AnatomyBinding(
            backend="import" if locator else "builtin",
            locator=locator,
            seeds=tuple(arguments.seed),
            corrections=tuple(arguments.lesion),
        ),
        report=progress,
    )


def _size(arguments: argparse.Namespace) -> NeedleSize | None:
    """Read the size before the scan, so that a slip is said at once."""
    return size_typed(arguments.needle_size, load_catalog(user_data_folder()).needles.values())


def _device(case: Case, device_id: str) -> Device:
    if device_id not in case.catalog.devices:
        raise UsageError(f"no device '{device_id}'; there are: {', '.join(case.catalog.devices)}")
    return case.catalog.devices[device_id]


def _given(arguments: argparse.Namespace, side: Side) -> Trajectory | None:
    if arguments.entry is None:
        return None
    if arguments.entry.distance_mm(arguments.tip) < 1.0:
        raise UsageError("--entry and --tip are the same place")
    approach = "transpedicular" if arguments.approach == "any" else arguments.approach
    return Trajectory(
        id=TrajectoryId("T1"),
        level=arguments.level,
        side=side,
        approach=Approach(approach),
        entry=arguments.entry,
        tip=arguments.tip,
    )


def _layers(wanted: Sequence[WantedLayer], plan: Plan) -> tuple[ProtectionLayer, ...]:
    """Return the layers as typed, each between the heat and its middle."""
    found = []
    for number, item in enumerate(wanted, start=1):
        across = item.across or away_from_heat(plan, item.centre)
        if across is None:
            raise UsageError(
                "a layer lies on the needle that burns, so it is not between heat and a nerve; "
                "move it, or say which way it lies with across=x,y,z"
            )
        found.append(item.between(across, LayerId(f"layer{number}")))
    return tuple(found)


def _choices(typed: Sequence[TissueChoice], anatomy: Anatomy) -> tuple[TissueChoice, ...]:
    """Return the choices, numbered; a part that is not outlined would silently change nothing."""
    for item in typed:
        if isinstance(item.part, OutlinedPart) and not is_outlined(item.part, anatomy):
            raise UsageError(f"{item.part.words} is not outlined, so its tissue cannot be set")
    return tuple(
        replace(item, id=TissueChoiceId(f"tissue{number}"))
        for number, item in enumerate(typed, start=1)
    )


def _best(
    arguments: argparse.Namespace,
    case: Case,
    side: Side,
    device: Device,
    size: NeedleSize | None,
) -> Trajectory:
    proposals = propose(
        case.ct,
        case.anatomy,
        arguments.level,
        side=side,
        approach=None if arguments.approach == "any" else Approach(arguments.approach),
        target=None,
        device=device,
        outer_diameter_mm=case.catalog.access_diameter([device], size).value,
        count=1,
        report=progress,
    )
    if not proposals.trajectories:
        reasons = "; ".join(one.rstrip(".") for one in proposals.none_because)
        raise InputRefusedError(
            "PLAN-NO-PATH",
            f"No path to {arguments.level} from the {side} could be proposed: {reasons}. "
            "Give --entry and --tip to plan one by hand.",
        )
    return replace(proposals.trajectories[0].trajectory, id=TrajectoryId("T1"))


def _trajectory(found: ProposedTrajectory) -> Json:
    measures = found.measures
    return {
        "approach": found.trajectory.approach,
        "side": found.trajectory.side,
        "skin_mm": xyz(found.trajectory.entry),
        "bone_entry_mm": None if measures.bone_entry is None else xyz(measures.bone_entry),
        "tip_mm": xyz(found.trajectory.tip),
        "pedicle_margin_mm": measures.pedicle_margin_mm,
        "clearances_mm": dict(measures.clearances_mm),
        "estimated_mm": {
            item.structure: {"at_least": item.at_least_mm, "likely": item.likely_mm}
            for item in measures.estimated
        },
        "angles_deg": dict(measures.angles_deg),
        "length_mm": found.trajectory.length_mm,
        "score": found.score,
        "coverage": found.coverage,
        "reasons": list(found.reasons),
    }


def _pair(found: ProposedPair) -> Json:
    return {
        "left": _trajectory(found.left),
        "right": _trajectory(found.right),
        "worst_mm": found.worst_mm,
        "coverage": found.coverage,
        "reasons": list(found.reasons),
    }
