"""Values every room shares refuse to be half valid."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from planner.domain.errors import InputRefusedError, NotBuiltYetError, PlannerError, UsageError
from planner.domain.finding import Finding, Severity
from planner.domain.levels import Level, Side, foramen_label
from planner.domain.plan import (
    Ablation,
    CementId,
    CementInjection,
    CementTechnique,
    Plan,
    TrajectoryId,
)
from planner.domain.prediction import PredictedCement, StructureExposure
from planner.domain.sourced import Interval, Sourced, Status
from planner.domain.structures import foramen, is_structure, root
from planner.domain.volume import CtVolume, GateVerdict, LabelVolume, ScanRecord
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from safety.cases import LABEL, good_plan, needle, spine

NAN, INF = float("nan"), float("inf")


def test_that_sides_are_the_patients_and_left_is_plus_x():
    assert (Side.LEFT.sign, Side.RIGHT.sign) == (1, -1)
    assert Side.LEFT.other is Side.RIGHT
    assert Side.RIGHT.other is Side.LEFT


def test_that_levels_carry_verse_numbers_and_come_back_from_them():
    numbers = {level.verse_label for level in Level}
    assert len(numbers) == len(Level)
    assert [Level.C1.verse_label, Level.T1.verse_label, Level.L1.verse_label] == [1, 8, 20]
    assert [Level.L5.verse_label, Level.S1.verse_label, Level.T13.verse_label] == [24, 26, 28]
    for level in Level:
        assert Level.from_verse_label(level.verse_label) is level
    with pytest.raises(ValueError, match="not a VerSe"):
        Level.from_verse_label(27)


def test_that_levels_are_ordered_from_the_head():
    orders = [level.order for level in Level]
    assert orders == sorted(orders)
    assert Level.C1.order == 0
    assert Level.T12.order < Level.T13.order < Level.L1.order


def test_that_levels_know_their_region():
    assert [Level(name).region for name in ("C7", "T1", "L5", "S1")] == [
        "cervical",
        "thoracic",
        "lumbar",
        "sacral",
    ]


def test_that_foramina_of_both_sides_have_their_own_labels():
    labels = {foramen_label(level, side) for level in Level for side in Side}
    assert len(labels) == 2 * len(Level)
    assert foramen_label(Level.L3, Side.LEFT) == 22
    assert foramen_label(Level.L3, Side.RIGHT) == 122
    assert max(labels) < 256, "they must fit a byte"


def test_that_only_known_structures_have_a_name():
    assert is_structure(root(Level.L3, Side.LEFT))
    assert is_structure(foramen(Level.T12, Side.RIGHT))
    assert is_structure("vena_cava")
    for wrong in ("", "root:L9:left", "root:L3:up", "canals", " canal", "lesion", "foramen:L3"):
        assert not is_structure(wrong)


def test_that_severities_are_ordered_and_three_of_them_hold_a_plan():
    ranks = [
        item.rank
        for item in (
            Severity.BLOCK,
            Severity.STOP,
            Severity.NOT_EVALUATED,
            Severity.WARN,
            Severity.INFO,
        )
    ]
    assert ranks == [0, 1, 2, 3, 4]
    assert [item.value for item in Severity if item.holds_the_plan] == [
        "BLOCK",
        "STOP",
        "NOT_EVALUATED",
    ]


def finding(**changes):
    values = {
        "rule": "N2",
        "severity": Severity.WARN,
        "message": "m",
        "subject": "t1",
        "source": "s",
        "structure": "canal",
    }
    return Finding(**(values | changes))


@pytest.mark.parametrize(
    "change",
    [
        {"rule": "N1"},
        {"severity": Severity.STOP},
        {"message": "n"},
        {"subject": "t2"},
        {"structure": "cord"},
    ],
)
def test_that_what_a_finding_says_is_its_fingerprint(change):
    assert finding().fingerprint == finding().fingerprint
    assert finding().fingerprint != finding(**change).fingerprint
    assert len(finding().fingerprint) == 16


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_that_a_finding_with_a_distance_that_is_none_cannot_be_made(bad):
    with pytest.raises(ValueError, match="NOT_EVALUATED"):
        finding(distance_mm=bad)
    assert finding(distance_mm=-1.0).distance_mm == -1.0


def test_that_a_number_has_a_value_and_a_source():
    for bad in (NAN, INF):
        with pytest.raises(ValueError, match="finite"):
            Sourced(value=bad, status=Status.VERIFIED, source="s")
    with pytest.raises(ValueError, match="source"):
        Sourced(value=1.0, status=Status.VERIFIED, source=" ")


def test_that_only_a_value_from_memory_may_not_pass_a_check():
    assert [item for item in Status if not item.may_pass_a_check] == [Status.RECALLED]
    assert max(Status, key=lambda item: item.rank) is Status.RECALLED
    assert Status.VERIFIED.rank == 0


@pytest.mark.parametrize(
    "values", [(2.0, 1.0, 3.0), (1.0, 4.0, 3.0), (NAN, 1.0, 2.0), (0.0, NAN, 2.0), (0.0, 1.0, INF)]
)
def test_that_an_interval_is_ordered_and_finite(values):
    with pytest.raises(ValueError, match="interval"):
        Interval(*values)
    assert Interval(1.0, 1.0, 2.0).as_list() == [1.0, 1.0, 2.0]


def test_that_a_needle_has_a_length():
    start = needle()
    assert start.length_mm == start.entry.distance_mm(start.tip)
    with pytest.raises(ValueError, match="lie apart"):
        replace(start, tip=PointLps(38.0, 84.0, 10.9))
    assert replace(start, tip=PointLps(38.0, 84.0, 11.0)).length_mm == 1.0


@pytest.mark.parametrize("bad", [0.0, -1.0, NAN, INF])
def test_that_settings_and_volumes_are_positive(bad):
    for name in ("power_w", "time_s", "duty_percent"):
        with pytest.raises(ValueError, match=name):
            Ablation(id="a", trajectory_id="t", device_id="d", **{name: bad})
    with pytest.raises(ValueError, match="cement volume"):
        CementInjection(id="c", trajectory_id="t", cement_id="x", volume_ml=bad)


def test_that_a_plan_has_every_id_once_and_no_part_without_a_needle():
    plan = good_plan()
    with pytest.raises(ValueError, match="same id"):
        replace(plan, trajectories=plan.trajectories * 2)
    with pytest.raises(ValueError, match="same id"):
        replace(plan, ablations=(replace(plan.ablations[0], id="t1"),))
    with pytest.raises(ValueError, match="no trajectory"):
        replace(plan, trajectories=())
    with pytest.raises(KeyError):
        plan.trajectory("t9")
    with pytest.raises(FrozenInstanceError):
        plan.notes = "x"


def test_that_edits_of_a_plan_give_a_new_plan():
    plan = good_plan()
    second = replace(needle(2, Side.RIGHT))
    more = plan.with_trajectory(second)
    assert [item.id for item in more.trajectories] == ["t1", "t2"]
    assert [item.id for item in plan.trajectories] == ["t1"]
    moved = replace(second, level=Level.L4)
    assert more.with_trajectory(moved).trajectory("t2") == moved
    less = more.without_trajectory("t1")
    assert (less.ablations, less.cements, less.trajectories) == ((), (), (second,))
    assert isinstance(less, Plan)


@pytest.mark.parametrize("name", ["peak_celsius", "lowest_celsius", "cem43_min", "band_celsius"])
def test_that_an_exposure_is_finite(name):
    values = dict.fromkeys(("peak_celsius", "lowest_celsius", "cem43_min", "band_celsius"), 1.0)
    with pytest.raises(ValueError, match="finite"):
        StructureExposure(**{**values, name: NAN})


def test_that_arrays_must_have_the_shape_of_their_grid():
    ct, anatomy = spine(2.0)
    with pytest.raises(ValueError, match="grid's shape"):
        replace(anatomy, canal=anatomy.canal[1:])
    with pytest.raises(ValueError, match="grid's shape"):
        replace(anatomy, lesion=anatomy.canal[1:])
    with pytest.raises(ValueError, match="grid's shape"):
        replace(anatomy, masks={"aorta": anatomy.canal[1:]})
    with pytest.raises(ValueError, match="not names of structures"):
        replace(anatomy, masks={"liver": anatomy.canal})
    with pytest.raises(ValueError, match="int16"):
        replace(ct, hu=ct.hu.astype(np.int32))
    with pytest.raises(ValueError, match="padded"):
        replace(ct, outside_scan=anatomy.canal[1:])
    with pytest.raises(ValueError, match="shape of its grid"):
        LabelVolume(geometry=anatomy.geometry, labels=anatomy.labels[1:])


def test_that_a_scan_cannot_be_changed_in_place():
    grid = VolumeGeometry.axis_aligned((2, 2, 2), (1.0, 1.0, 1.0))
    record = ScanRecord(sha256="", verdict=GateVerdict.LOAD, findings=(), locator="")
    ct = CtVolume(geometry=grid, hu=np.zeros((2, 2, 2), dtype=np.int16), record=record)
    with pytest.raises(ValueError, match="read-only"):
        ct.hu[0, 0, 0] = 1


def test_that_cement_is_counted_up_to_what_was_injected():
    _, anatomy = spine(2.0)
    arrival = np.full(anatomy.labels.shape, np.inf, dtype=np.float32)
    arrival[0, 0, :3] = (0.5, 1.0, 2.0)
    cement = PredictedCement(
        cement_injection_id="c1",
        geometry=anatomy.geometry,
        arrival_ml=arrival,
        asked_ml=3.0,
        placed_ml=1.0,
        fill_fraction=0.1,
        band_mm=1.0,
        model=LABEL,
    )
    assert cement.filled().sum() == 2
    assert cement.filled(0.5).sum() == 1
    assert cement.filled(9.0).sum() == 3


def test_that_errors_form_one_tree_with_codes():
    refused = InputRefusedError("DCM-X", "A sentence.")
    assert (refused.code, str(refused)) == ("DCM-X", "A sentence.")
    assert isinstance(refused, PlannerError)
    assert issubclass(NotBuiltYetError, UsageError)


@pytest.mark.parametrize(
    ("dose", "words"),
    [
        (0.04, "under 0.1"),
        (0.1, "0.1"),
        (1.44, "1.4"),
        (38.2, "38"),
        (239.0, "240"),
        (26889.7, "over 240"),
    ],
)
def test_that_a_dose_is_told_with_no_more_digits_than_it_earns(dose, words):
    one = StructureExposure(
        peak_celsius=40.0, lowest_celsius=37.0, cem43_min=dose, band_celsius=1.0
    )
    assert one.dose_words == f"{words} CEM43 minutes"


def test_that_a_cavity_belongs_to_a_balloon_or_a_stent_and_to_nothing_else() -> None:
    usual = {
        "id": CementId("c"),
        "trajectory_id": TrajectoryId("t"),
        "cement_id": "pmma",
        "volume_ml": 2.0,
    }
    balloon = CementTechnique.BALLOON_KYPHOPLASTY
    assert CementInjection(**usual, technique=balloon, cavity_ml=3.0).cavity_ml == 3.0
    for wrong in (
        {"technique": balloon},
        {"cavity_ml": 3.0},
        {"pull_back_mm": -1.0},
        {"technique": balloon, "cavity_ml": float("nan")},
    ):
        with pytest.raises(ValueError, match=r"cavity|pull_back"):
            CementInjection(**usual, **wrong)
