"""The record of what every rule says of every plan, word for word. Run by hand to write it anew.

``python tests/safety/what_is_said.py`` writes ``what_is_said.txt``; read what changed in it,
because a clinician will. Of each plan only that stands there which is not said of the good plan
as well.
"""

import re
from pathlib import Path

from planner.safety import assess
from planner.safety.measured import MissingInputError
from safety.every_finding import GOOD, every_plan, spoken

RECORD = Path(__file__).with_name("what_is_said.txt")

ROUNDING = 0.11
"""A measured number, rounded to a tenth, may turn out one higher or lower on another machine."""

TENTHS = re.compile(r"-?\d+\.\d(?!\d)")


def said_of(plan, scene):
    """What is said of a plan: ``{who judges what: lines}``."""
    said = {}
    for rule, part, outcome in spoken(plan, scene):
        said[f"{rule} {part.id}" if part else rule] = [*lines(outcome)]
    assessment = assess(plan, scene)
    said["verdict"] = [str(assessment.verdict)]
    for item in assessment.findings:
        rules, about = (item.rule, *item.also), (item.subject, *item.also_about)
        alone = len(rules) == len(about) == 1
        words = "" if alone else f" | {item.message}"
        said["verdict"].append(f"{item.severity} {' '.join(rules)} about {' '.join(about)}{words}")
    return said


def lines(outcome):
    if isinstance(outcome, MissingInputError):
        yield needed(outcome)
        return
    yield outcome.evidence
    for item in outcome.findings:
        words = [f"{item.severity} {item.subject}", item.message, item.threshold, item.resolve]
        if item.distance_mm is not None or item.structure:
            words.append(f"{item.structure} {item.distance_mm or 0.0:.1f} mm")
        yield " | ".join(words)
    yield from map(needed, outcome.missing)


def needed(missing):
    return f"NEEDS {missing.kind} {missing.structure} | {missing}"


def record():
    """``{plan: {who judges what: lines}}``."""
    good = said_of(*every_plan()[GOOD])
    found = {GOOD: good}
    for name, (plan, scene) in every_plan().items():
        if name != GOOD:
            said = said_of(plan, scene)
            changed = {who: words for who, words in said.items() if good.get(who) != words}
            found[name] = changed | {who: [] for who in good if who not in said}
    return found


def write():
    text = []
    for name, said in record().items():
        text.append(f"# {name}")
        for who, words in said.items():
            text += [who, *(f"    {one}" for one in words)]
        text.append("")
    RECORD.write_text("\n".join(text), encoding="utf-8")


def read():
    """The record as ``record`` gives it."""
    found, words = {}, []
    for line in RECORD.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            said = found[line[2:]] = {}
        elif line.startswith("    "):
            words.append(line[4:])
        elif line:
            words = said[line] = []
    return found


def differ(one, other):
    """Whether two lists of lines differ by more than the rounding of what was measured."""
    if [TENTHS.sub("", line) for line in one] != [TENTHS.sub("", line) for line in other]:
        return True
    pairs = zip(TENTHS.findall(" ".join(one)), TENTHS.findall(" ".join(other)), strict=False)
    return any(abs(float(a) - float(b)) > ROUNDING for a, b in pairs)


if __name__ == "__main__":
    write()
