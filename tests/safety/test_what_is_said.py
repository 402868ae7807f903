"""The record of what every rule says: words, numbers and order, of every plan there is here."""

import numpy as np
import pytest

from planner.domain.sourced import Status
from planner.geometry.capsule import Capsule
from planner.safety.case import _in_words
from planner.safety.ruler import ruler_for
from safety.every_finding import GOOD, every_plan, everything_said
from safety.what_is_said import differ, read, said_of

RECORD = read()


def test_that_the_record_is_of_these_plans():
    assert list(RECORD) == list(every_plan())


@pytest.mark.parametrize("name", RECORD)
def test_that_what_is_said_of_a_plan_is_what_stands_in_the_record(name):
    said = said_of(*every_plan()[name])
    wanted = {**RECORD[GOOD], **RECORD[name]}
    for who in dict.fromkeys((*wanted, *said)):
        now, then = said.get(who, []), wanted.get(who, [])
        assert not differ(now, then), (who, now, then)


def test_that_the_record_is_read_with_the_rounding_of_one_tenth_only():
    assert not differ(["gap 5.0 mm"], ["gap 5.1 mm"])
    assert differ(["gap 5.0 mm"], ["gap 5.2 mm"])
    assert differ(["gap 5.0 mm"], ["gap 5.0 cm"])
    assert differ(["gap 5 mm"], ["gap 6 mm"])
    assert differ(["gap 5.0 mm"], [])


def away_mm(plan, scene, rule, part, said):
    """How far the place of a finding lies from what is measured: a needle, a zone or cement."""
    at, ruler = said.at.array, ruler_for(scene.anatomy)

    def to_voxels(solid):
        return float(np.linalg.norm(ruler.voxel_points(solid)[0] - at, axis=1).min())

    if rule == "C11":
        return float(scene.cements[part.id].cavity.signed_distance_mm(at)[0])
    if part in plan.cements:
        return to_voxels(scene.cements[part.id])
    if part in plan.ablations and rule != "A9":
        table = float(scene.zones[part.id].shape.signed_distance_mm(at)[0])
        run = scene.exposures.get(part.id)
        return table if run is None or rule == "A18" else min(table, to_voxels(run.killed))
    if rule == "N11":
        part = plan.trajectories[0]
    on = part if part in plan.trajectories else plan.trajectory(part.trajectory_id)
    along = [one for one in plan.ablations if one.trajectory_id == on.id]
    devices = [scene.catalog.devices[one.device_id] for one in along]
    radius = scene.catalog.access_diameter(devices).value / 2.0
    end = on.entry
    if rule == "A9":  # the antenna alone: 15 mm of it
        end = on.tip.moved(15.0 * (on.entry.array - on.tip.array) / on.length_mm)
    return float(Capsule(end, on.tip, radius).signed_distance_mm(at[None, :])[0])


def test_that_the_place_a_click_shows_is_as_far_away_as_is_said():
    seen = set()
    for plan, scene, rule, part, outcome in everything_said():
        for one in getattr(outcome, "findings", ()):
            unseen = one.structure.startswith("bone:") or "show no skin" in one.message
            if one.at is None or unseen:
                continue
            seen.add(rule)
            away = away_mm(plan, scene, rule, part, one)
            if one.distance_mm > 0.0:
                assert away == pytest.approx(one.distance_mm, abs=1e-6), (rule, one.message)
            else:
                assert away <= 1.0, (rule, one.message)
    assert seen >= {"N1", "N2", "N11", "A1", "A2", "A3", "A4", "A6", "A9", "A18", "C2", "C3"}
    assert seen >= {"C9", "C11"}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status.VERIFIED, "verified"),
        (Status.VERIFIED_SECONDARY, "verified-secondary"),
        (Status.DERIVED, "derived"),
        (Status.RECALLED, "from memory, unverified"),
    ],
)
def test_that_the_standing_of_a_source_is_said_in_words(status, words):
    assert _in_words(status) == words
