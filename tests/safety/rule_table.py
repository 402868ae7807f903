"""Which rules lean on which inputs, found by taking one away at a time. Run by hand.

``python tests/safety/rule_table.py`` writes ``docs/reference/rules.md``; a test keeps it true.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from planner.domain.devices import Modality
from planner.domain.plan import ClinicalAnswers
from planner.safety import assess
from planner.safety.assessing import RULES
from safety.cases import CATALOG, good_plan, spine
from safety.rule_cases import exposed, with_anatomy, with_device, with_vertebra

REFERENCE = Path(__file__).parents[2] / "docs/reference/rules.md"

HEAD = """# Rules: what each looks at, its limits and where they come from

Made by `tests/safety/rule_table.py`; a test keeps it true. An input stands beside a rule when the
rule is NOT EVALUATED without it, on a plan of one needle with microwave, radiofrequency or cold,
and with cement. `-` is a rule that runs on what every plan has. E12 is what
a missing input becomes.

*Only asked*: rules that know nothing but what a person answered; nothing on the scan is compared
with the answer. A5 checks nothing: it holds because no rule looks at the cortex to weigh less.
D3 looks at what is recorded after the treatment. A1 to A4 measure the zone of the table and, once
there is a full simulation, the tissue that dies in it, and take the nearer; A15 counts what lies
in the zone of the table and dies in every run. A6, A7 and A13 judge the simulation at each nerve.

| rule | says | NOT EVALUATED without | only asked | limits | source and standing |
|---|---|---|---|---|---|
"""


def plans():
    """Sound plans with each kind of energy, each with a complete scene."""
    for modality in (Modality.MICROWAVE, Modality.BIPOLAR_RF, Modality.CRYO):
        plan = good_plan()
        plan = replace(plan, ablations=(replace(plan.ablations[0], duty_percent=80.0),))
        yield plan, replace(with_device(plan, modality=modality), **exposed(plan))


def without(plan, scene):
    """The same plan and scene with one kind of input taken away, by the name of the input."""
    (ct, _), empty = spine(), np.zeros_like(scene.anatomy.canal)

    def outlined(other):
        return plan, replace(scene, anatomy=other.anatomy)

    yield "answers", (replace(plan, clinical=ClinicalAnswers()), scene)
    yield "canal", outlined(with_anatomy(plan, canal=empty))
    yield "foramina", outlined(with_anatomy(plan, foramina=empty.astype(np.uint8)))
    yield "pedicles", outlined(with_vertebra(plan, pedicles={}))
    yield "posterior wall", outlined(with_vertebra(plan, posterior_wall=None))
    yield "lesion", outlined(with_anatomy(plan, lesion=None))
    yield "skin", outlined(with_anatomy(plan, masks={}))
    yield "vertebrae", outlined(with_anatomy(plan, vertebrae={}))
    yield "zone", (plan, replace(scene, zones={}))
    yield "simulation", (plan, replace(scene, exposures={}))
    yield "cement fill", (plan, replace(scene, cements={}))
    yield "setting", (replace(plan, ablations=(bare(plan),)), scene)
    yield "device", (plan, replace(scene, catalog=replace(scene.catalog, devices={})))
    undated = replace(ct, record=replace(ct.record, acquired="", sha256=""))
    yield "scan record", (plan, replace(scene, ct=undated))


def bare(plan):
    return replace(plan.ablations[0], power_w=None, time_s=None, duty_percent=None)


def leans_on():
    """``{rule: [inputs]}``."""
    found = {rule.id: [] for rule in RULES}
    for plan, scene in plans():
        whole = set(assess(plan, scene).checked)
        for name, (other, less) in without(plan, scene):
            for rule in whole - set(assess(other, less).checked):
                if name not in found[rule]:
                    found[rule].append(name)
    return found


def table():
    """The page."""
    rows = []
    for rule, inputs in leans_on().items():
        text = CATALOG.rules[rule]
        limits = "; ".join(
            f"{name} = {one.value:g} ({one.status})" for name, one in text.thresholds.items()
        )
        asked = "yes" if inputs == ["answers"] else ""
        source = f"{text.source} ({text.status})".replace("|", "/")
        cells = (rule, text.title, ", ".join(inputs) or "-", asked, limits or "-", source)
        rows.append(f"| {' | '.join(cells)} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    REFERENCE.write_text(table(), encoding="utf-8")
