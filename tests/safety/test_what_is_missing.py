"""What a rule asks for where it cannot run, in the words and under the heading a reader sees."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.devices import Modality
from planner.domain.finding import Severity
from planner.domain.levels import Side
from planner.domain.plan import ClinicalAnswers
from planner.domain.prediction import MissingZone, StructureExposure
from planner.domain.sourced import Status
from planner.domain.structures import in_words
from planner.geometry.points import PointLps
from planner.safety import assess
from planner.safety.ruler import ruler_for
from safety.cases import (
    ANSWERS,
    CATALOG,
    check,
    exposure_for,
    found,
    good_plan,
    good_scene,
    spine,
    zone_for,
)
from safety.rule_cases import NOT_OUTLINED, answered, exposed, less, with_anatomy, with_device

ASKED = {
    "platelets_e9_per_l": "platelets",
    "inr": "INR",
    "infection": "infection",
    "cord_compression_symptoms": "symptoms of cord compression",
    "epidural_grade": "epidural grade (ESCC)",
    "sins": "SINS",
    "mdt_date": "date of the tumour board",
    "lesion_count": "number of lesions",
    "vas": "pain (VAS)",
    "ecog": "ECOG",
    "life_expectancy_months": "life expectancy",
    "mr_date": "date of the MR",
    "tumour_touches_root": "whether the tumour touches a root",
    "histology": "histology",
    "lesion_type": "type of the lesion",
    "thermocouple_planned": "thermometry",
    "protection": "protection",
}
"""What is asked where nobody answered, whatever is treated with."""


def missing(assessment, heading):
    """The finding under a heading, as (what is missing, the rules that could not run)."""
    (one,) = [item for item in assessment.findings if item.message.startswith(f"{heading}: ")]
    assert one.severity is Severity.NOT_EVALUATED
    assert one.subject == "plan"
    what, _, rules = one.message.removeprefix(f"{heading}: ").rpartition(". ")
    assert rules == f"{', '.join(one.also)} could not run."
    assert not set(one.also) & set(assessment.checked)
    return set(what.split("; ")), set(one.also)


@pytest.mark.parametrize(("name", "words"), ASKED.items())
def test_that_a_question_nobody_answered_is_asked_by_its_name(name, words):
    what, _ = missing(check(answered(**{name: None})), "Not answered")
    assert what == {words}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"inr": True}, "INR (not a number)"),
        ({"vas": "7"}, "pain (VAS) (not a number)"),
        ({"infection": "no"}, "infection (neither yes nor no)"),
        ({"sins": 19}, "SINS (19 is not a score)"),
        ({"epidural_grade": "4"}, "epidural grade (4 is not an ESCC grade)"),
        ({"ecog": float("inf")}, "ECOG"),
    ],
)
def test_that_an_answer_that_is_none_is_asked_again(answers, words):
    what, _ = missing(check(answered(**answers)), "Not answered")
    assert what == {words}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"pacemaker": None}, "pacemaker"),
        ({"dissection_fluid": None}, "dissection fluid"),
        (
            {"dissection_fluid": "Milk"},
            "dissection fluid (milk: whether it conducts is not known)",
        ),
        (
            {"dissection_fluid": " "},
            "dissection fluid (empty: whether it conducts is not known)",
        ),
    ],
)
def test_that_radiofrequency_asks_what_it_needs(answers, words):
    plan = answered(**answers)
    scene = with_device(plan, modality=Modality.BIPOLAR_RF)
    what, _ = missing(assess(plan, scene), "Not answered")
    assert what == {words}
    assert found(check(plan)).get("E12") is None  # microwave needs neither


def test_that_nothing_is_asked_about_protection_where_nothing_is_ablated():
    plan = replace(answered(protection=None, thermocouple_planned=None), ablations=())
    assert "E12" not in found(check(plan))


def test_that_all_that_nobody_answered_is_asked_at_once():
    plan = replace(good_plan(), clinical=ClinicalAnswers())
    what, rules = missing(check(plan), "Not answered")
    record = ("histology", "lesion_type", "sins", "epidural_grade", "mdt_date")
    record += ("thermocouple_planned", "protection")
    alone = {words for name, words in ASKED.items() if name not in record[:2]}
    assert what == alone - {"thermometry"} | {", ".join(ASKED[one] for one in record)}
    assert rules == {"E2", "E3", "E4", "E5", "E6", "E7", "E8", "E9", "E11", "A17", "D1"}


def unknown_device(plan):
    return good_scene(plan, catalog=replace(CATALOG, devices={}))


@pytest.mark.parametrize(
    ("change", "words", "rules"),
    [
        ({"shaft_length_mm": None}, "shaft length of {name}", {"N6"}),
        (
            {"tip_beyond_cannula_mm": None},
            "how far the antenna stands beyond its cannula of {name}",
            {"N7", "A9"},
        ),
    ],
)
def test_that_a_number_the_catalogue_lacks_is_asked_for(change, words, rules):
    plan, device = good_plan(), CATALOG.devices["eco-mwa"]
    rest = {key: value for key, value in device.numbers.items() if key not in change}
    asked = missing(assess(plan, with_device(plan, numbers=rest)), "Not in the catalogue")
    assert asked == ({words.format(name=device.name)}, rules)


def test_that_a_device_the_catalogue_lacks_is_named():
    plan = good_plan()
    what, rules = missing(assess(plan, unknown_device(plan)), "Not in the catalogue")
    assert what == {"device eco-mwa is not in the catalogue"}
    assert {"N1", "N2", "N6", "N7", "A9", "E1", "E10", "A16"} <= rules


@pytest.mark.parametrize("width", [0.0, -1.0])
def test_that_a_needle_of_no_width_is_not_measured(width):
    plan = good_plan()
    needles = {
        key: replace(one, outer_diameter_mm=replace(one.outer_diameter_mm, value=width))
        for key, one in CATALOG.needles.items()
    }
    device = CATALOG.devices["eco-mwa"]
    rest = {key: one for key, one in device.numbers.items() if key != "outer_diameter_mm"}
    devices = {**CATALOG.devices, "eco-mwa": replace(device, numbers=rest)}
    scene = good_scene(plan, catalog=replace(CATALOG, needles=needles, devices=devices))
    what, rules = missing(assess(plan, scene), "Not in the catalogue")
    assert what == {"the diameter of the L3 left needle"}
    assert {"N1", "N2"} <= rules


def test_that_a_limit_the_rule_lacks_or_remembers_is_asked_for():
    plan, text = good_plan(), CATALOG.rules["A18"]
    for limits, words in (
        ({}, "rule A18 has no warn_below_mm"),
        (
            {k: replace(v, status=Status.RECALLED) for k, v in text.thresholds.items()},
            "a sourced limit (warn_below_mm of A18 is from memory)",
        ),
    ):
        rules = {**CATALOG.rules, "A18": replace(text, thresholds=limits)}
        scene = good_scene(plan, catalog=replace(CATALOG, rules=rules))
        asked = missing(assess(plan, scene), "Not in the catalogue")
        assert asked == ({words}, {"A18"})


def test_that_a_rule_without_a_text_is_named():
    plan = good_plan()
    rules = {key: value for key, value in CATALOG.rules.items() if key != "C2"}
    scene = good_scene(plan, catalog=replace(CATALOG, rules=rules))
    asked = missing(assess(plan, scene), "Not in the catalogue")
    assert asked == ({"rule C2 has no text and limits"}, {"C2"})


ZONE_RULES = {"A1", "A2", "A3", "A4", "A11", "A18", "A15", "N10", "A6", "A7"}


def test_that_what_leans_on_a_zone_that_is_not_drawn_is_named():
    plan = good_plan()
    for zones in ({}, {"a1": MissingZone(ablation_id="a1", reason="No table.")}):
        assessment = assess(plan, good_scene(plan, zones=zones))
        what, rules = missing(assessment, "Not predicted")
        assert what == {
            "no zone is drawn for the L3 left zone",
            "temperature near nerves was not simulated for the L3 left zone",
        }
        assert rules - {"A10", "A12"} == ZONE_RULES


@pytest.mark.parametrize("change", [{"ablation_id": "a2"}, {"band_mm": float("nan")}])
def test_that_a_zone_of_another_burn_or_without_its_doubt_is_refused(change):
    plan = good_plan()
    zones = {"a1": replace(zone_for(plan), **change)}
    what, rules = missing(assess(plan, good_scene(plan, zones=zones)), "Not predicted")
    assert "the zone drawn for the L3 left zone is of another ablation" in what
    assert {"A1", "A2", "A3"} <= rules


def test_that_cement_nobody_predicted_is_named():
    plan = good_plan()
    scene = good_scene(plan)
    other = replace(scene.cements["c1"], cement_injection_id="c2")
    for cements in ({}, {"c1": other}):
        what, rules = missing(assess(plan, replace(scene, cements=cements)), "Not predicted")
        assert what == {"no cement is predicted for the L3 left cement"}
        assert rules == {"P6", "C1", "C2", "C3", "C6", "C7", "C9"}


@pytest.mark.parametrize(
    ("burn", "words", "rules"),
    [
        ({"power_w": None}, "power and time of the L3 left zone", {"A9"}),
        ({"time_s": None}, "power and time of the L3 left zone", {"A9"}),
    ],
)
def test_that_a_setting_nobody_gave_is_asked_for(burn, words, rules):
    plan = good_plan()
    plan = replace(plan, ablations=(replace(plan.ablations[0], **burn),))
    assert missing(check(plan), "Not predicted") == ({words}, rules)


def test_that_the_duty_of_a_cryoprobe_and_its_cold_are_asked_for():
    plan = good_plan()
    what, rules = missing(assess(plan, with_device(plan, modality=Modality.CRYO)), "Not predicted")
    assert what == {
        "duty of the L3 left zone",
        "temperature near nerves was not simulated for the L3 left zone",
    }
    assert rules == {"A13", "A14"}


def test_that_heat_is_asked_for_from_just_within_its_reach():
    """10 mm from the zone and its band; a zone in the open asks of every nerve structure."""
    plan = good_plan()
    for radius, asked in ((8.0, True), (3.0, False)):
        zones = {"a1": zone_for(plan, half_length=radius, half_width=radius)}
        assessment = assess(plan, good_scene(plan, zones=zones))
        assert ({"A6", "A7"} <= set(assessment.checked)) is not asked
    far = {"a1": zone_for(plan, half_length=3.0, half_width=3.0)}
    evidence = dict(assess(plan, good_scene(plan, zones=far)).evidence)
    assert evidence["A6"] == "no nerve structure within 10 mm of the zone and its band"
    gone = {"a1": MissingZone(ablation_id="a1", reason="No table.")}
    names = ["canal", "foramen:L2:left", "foramen:L2:right", "foramen:L3:left"]
    seen = exposed(plan, names=names)["exposures"]
    what, _ = missing(assess(plan, good_scene(plan, zones=gone, exposures=seen)), "Not predicted")
    assert (
        "the simulation of the L3 left zone says nothing of L3 right foramen, L4 left foramen, "
        "L4 right foramen" in what
    )


@pytest.mark.parametrize("radius", [8.0, 10.0, 14.0])
def test_that_a_simulation_is_asked_of_what_lies_within_reach_and_the_band(radius):
    plan, (_, anatomy) = good_plan(), spine()
    every, ruler = exposed(plan)["exposures"]["a1"].at_structures, ruler_for(anatomy)
    zone = zone_for(plan, half_length=radius, half_width=radius, band=2.0)
    near = {name for name in every if ruler.zone(zone.shape, name).distance_mm < 12.0}
    assert near
    assert near < set(every) or radius > 10.0
    for name in every:
        others = {key: at for key, at in every.items() if key != name}
        seen = {"a1": exposure_for(plan, others)}
        assessment = assess(plan, good_scene(plan, zones={"a1": zone}, exposures=seen))
        assert ({"A6", "A7"} <= set(assessment.checked)) is (name not in near)
        if name not in near:
            said = dict(assessment.evidence)["A6"].removeprefix("simulated at ").split(", ")
            assert set(said) == {in_words(key) for key in others}


def test_that_a_simulation_of_another_burn_is_none():
    plan = good_plan()
    seen = exposed(plan)
    other = replace(seen["exposures"]["a1"], ablation_id="a2")
    scene = good_scene(plan, zones=seen["zones"], exposures={"a1": other})
    what, rules = missing(assess(plan, scene), "Not predicted")
    assert what == {"what was simulated for the L3 left zone is of another ablation"}
    assert rules == {"A1", "A2", "A3", "A4", "A6", "A7"}


def test_that_an_excess_without_a_zone_still_says_where():
    plan = good_plan()
    gone = {"a1": MissingZone(ablation_id="a1", reason="No table.")}
    seen = exposed(plan, peak=50.0)["exposures"]
    (one,) = [
        item
        for item in assess(plan, good_scene(plan, zones=gone, exposures=seen)).findings
        if item.rule == "A6"
    ]
    assert (one.severity, one.subject, one.distance_mm) == (Severity.BLOCK, "a1", None)
    assert one.structure == "canal"
    assert one.threshold == "below 42 °C"
    assert one.resolve.startswith("Move the needle or lower the setting")


OUTLINES = [
    ("foramina", "the foramina of L3 are not outlined", {"N1", "N2", "A1", "A2", "A3", "C3"}),
    ("pedicles", "the left pedicle of L3 is not outlined", {"N3", "N4", "N5"}),
    ("wall", "whether the posterior wall of L3 is intact", {"A4", "C7"}),
    ("no wall", "the posterior wall of L3 is not outlined", {"A9", "C1", "C2"}),
    ("skin", "the skin is not outlined", {"A18"}),
    ("lesion", "no lesion is outlined", {"N9", "N10", "A15", "C7"}),
    ("another lesion", "no lesion is outlined in L3", {"N9", "N10", "A15", "C7"}),
    ("vertebra", "L3 is not outlined", {"P3", "P4", "P5", "N3", "N8", "C6"}),
    ("labels", "L3 is not outlined", {"P4"}),
    ("volume", "the volume of the body of L3", {"C6"}),
    ("neighbours", "no neighbour of L3 is outlined to judge its height", {"C7"}),
    ("width", "the left pedicle of L3 has no size", {"N4", "N5"}),
]


def test_that_all_that_may_be_missing_is_tried():
    assert tuple(what for what, *_ in OUTLINES) == NOT_OUTLINED


@pytest.mark.parametrize(("what", "words", "rules"), OUTLINES)
def test_that_what_is_not_outlined_is_named_with_the_rules_that_lean_on_it(what, words, rules):
    asked, held = missing(assess(good_plan(), less(what)), "Not outlined or not measurable")
    assert words in asked
    assert rules <= held


@pytest.mark.parametrize(
    ("acquired", "words"),
    [
        ("", "the scan carries no date"),
        ("yesterday", "the date of the scan is unreadable"),
        ("20991231", "the scan is dated in the future"),
    ],
)
def test_that_a_scan_without_a_date_is_named(acquired, words):
    (ct, anatomy), plan = spine(), good_plan()
    ct = replace(ct, record=replace(ct.record, acquired=acquired))
    asked = missing(assess(plan, good_scene(plan, ct, anatomy)), "Not seen by the scan")
    assert asked == ({words}, {"E11"})


def test_that_a_scan_without_a_digest_is_named():
    (ct, anatomy), plan = spine(), good_plan()
    ct = replace(ct, record=replace(ct.record, sha256=""))
    asked = missing(assess(plan, good_scene(plan, ct, anatomy)), "Not seen by the scan")
    assert asked == ({"the scan carries no digest"}, {"P1"})


def test_that_what_leaves_the_scan_is_named():
    plan, (_, anatomy) = good_plan(), spine()
    out = plan.with_trajectory(replace(plan.trajectory("t1"), entry=PointLps(38.0, 200.0, 10.0)))
    what, rules = missing(check(out), "Not seen by the scan")
    assert what == {"the L3 left needle leaves the scan"}
    assert rules == {"P6"}
    away = out.with_trajectory(replace(plan.trajectory("t1"), tip=PointLps(0.0, -200.0, 0.0)))
    what, _ = missing(assess(away, good_scene(plan)), "Not seen by the scan")
    assert "the tip of the L3 left needle lies outside the outlines" in what
    half = anatomy.geometry.cropped((0, 0, 0), (104, 132, 60))
    assert half.size_ijk != anatomy.geometry.size_ijk


def test_that_what_the_scanner_padded_is_named_by_what_touches_it():
    (ct, anatomy), plan = spine(), good_plan()
    padded = np.zeros(ct.hu.shape, dtype=bool)
    i, j, k = np.rint(ct.geometry.ijk(plan.trajectory("t1").entry.array)).astype(int)
    padded[k, j, i] = True
    scene = good_scene(plan, replace(ct, outside_scan=padded), anatomy)
    what, _ = missing(assess(plan, scene), "Not seen by the scan")
    assert what == {"the L3 left needle touches where the scanner saw nothing"}


@pytest.mark.parametrize("part", ["needle", "zone", "cement"])
def test_that_the_second_of_two_that_leaves_the_scan_is_named(part):
    plan, (ct, anatomy) = good_plan(), spine()
    first = plan.trajectory("t1")
    right = replace(
        first,
        id="t2",
        side=Side.RIGHT,
        entry=PointLps(-38.0, 84.0, 10.0),
        tip=PointLps(-8.0, -7.0, 4.0),
    )
    plan = plan.with_trajectory(right)
    if part == "zone":
        burns = (plan.ablations[0], replace(plan.ablations[0], id="a2", trajectory_id="t2"))
        plan = replace(plan, ablations=burns, cements=())
    if part == "cement":
        fills = (plan.cements[0], replace(plan.cements[0], id="c2", trajectory_id="t2"))
        plan = replace(plan, ablations=(), cements=fills)
    # Beside the needle, in its zone and its cement.
    at = right.entry.array if part == "needle" else np.array([-5.0, -1.0, 4.5])
    index = np.stack(np.indices(ct.hu.shape)[::-1], axis=-1)
    padded = np.linalg.norm(ct.geometry.lps_mm(index) - at, axis=-1) <= 1.5
    what, rules = missing(
        assess(plan, good_scene(plan, replace(ct, outside_scan=padded), anatomy)),
        "Not seen by the scan",
    )
    assert what == {f"the L3 right {part} touches where the scanner saw nothing"}
    assert rules == {"P6"}


def test_that_a_plan_without_needles_asks_for_one():
    plan = good_plan(trajectories=(), ablations=(), cements=())
    assert missing(check(plan), "Not planned") == ({"no needle is planned"}, {"P5"})


REMEDIES = {
    "Not answered": "Answer the clinical questions.",
    "Not outlined or not measurable": "Outline it, or move the needle away from it.",
    "Not predicted": "Run the prediction again, or choose another setting.",
    "Not in the catalogue": "Enter it from the instructions for use.",
    "Not planned": "Plan a needle.",
}


def test_that_each_kind_of_missing_input_says_what_settles_it():
    plan = good_plan()
    bare = replace(good_plan(trajectories=(), ablations=(), cements=()), clinical=ANSWERS)
    seen = {}
    for one, scene in (
        (answered(inr=None), None),
        (plan, less("lesion")),
        (plan, good_scene(plan, zones={})),
        (plan, unknown_device(plan)),
        (bare, None),
    ):
        for item in check(one, scene).findings:
            if item.severity is Severity.NOT_EVALUATED:
                seen[item.message.split(":")[0]] = item.resolve
    assert seen.items() >= REMEDIES.items()


def test_that_what_was_measured_is_still_said_beside_what_was_not():
    """One outline is missing; each rule says what it found of the others, and is not passed."""
    plan, (_, anatomy) = good_plan(), spine()
    masks = {**anatomy.masks, "cord": np.zeros_like(anatomy.canal)}
    near = zone_for(plan, half_length=20.0, half_width=20.0)
    scene = replace(with_anatomy(plan, masks=masks), zones={"a1": near})
    assessment = assess(plan, scene)
    said = found(assessment)
    what, rules = missing(assessment, "Not outlined or not measurable")
    assert what == {"the cord is not outlined"}
    assert said["A1"] is Severity.BLOCK
    assert Severity.WARN in {one.severity for one in assessment.findings if one.rule == "N2"}
    assert {"N1", "N2", "A1", "A2", "A3", "A4", "C3", "C9"} - rules <= {"A4"}
    structure = {item.structure for item in assessment.findings if "cord" in item.message}
    assert structure == {"cord"}


def test_that_an_exposure_that_is_no_number_cannot_be_made():
    with pytest.raises(ValueError, match="finite"):
        StructureExposure(
            peak_celsius=float("nan"), lowest_celsius=37.0, cem43_min=0.0, band_celsius=0.0
        )


def test_that_what_is_missing_about_a_needle_is_said_anew_when_the_needle_is_called_otherwise():
    """What could not be measured must not be remembered with the name a needle had before."""
    plan = good_plan()
    needle = plan.trajectory("t1")
    middle = PointLps.of(0.5 * (needle.entry.array + needle.tip.array))
    buried = replace(needle, entry=middle)
    beside = np.array((0.0, 0.0, 6.0))
    other = replace(buried, id="t2", tip=needle.tip.moved(beside), entry=middle.moved(beside))
    alone = plan.with_trajectory(buried)
    pair = replace(alone, trajectories=(*alone.trajectories, other))
    scene = good_scene(plan)
    said = [
        {
            words.partition(" begins")[0]
            for words in missing(assess(one, scene), "Not outlined or not measurable")[0]
        }
        for one in (alone, pair, alone)
    ]
    assert "the L3 left needle" in said[0]
    assert {"the L3 left needle 1", "the L3 left needle 2"} <= said[1]
    assert said[2] == said[0]
