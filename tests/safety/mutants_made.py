"""Make the mutants of a room with mutmut, and write them to a file. Run by hand.

``MUTMUT_ENV/bin/python tests/safety/mutants_made.py OUT.json safety`` needs mutmut 3 in an
environment of its own, and a ``setup.cfg`` with ``[mutmut]`` and ``source_paths`` where it runs.
mutmut leaves decorated functions out; here they are mutated like the others.
"""

import ast
import json
import re
import sys
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents

ROOT = Path(__file__).parents[2]
LEFT_OUT = {"tiny_spine.py", "kernels.py"}
"""A spine of closed shapes is test data; a kernel's wrapper has nothing to mutate."""

NAME = re.compile(r"(?:xǁ(.*)ǁ|x_)(.*)__mutmut_(\d+)$")


def without_decorators(source):
    lines = source.split("\n")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                for line in range(decorator.lineno - 1, decorator.end_lineno):
                    lines[line] = ""
    return "\n".join(lines)


def mutants(path):
    """Every mutant of a file: where it stands, its number, and its function as source."""
    made = mutate_file_contents(
        str(path), without_decorators(path.read_text(encoding="utf-8"))
    ).code
    tree = ast.parse(made)
    for holder in (tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))):
        for node in holder.body:
            if isinstance(node, ast.FunctionDef) and (seen := NAME.match(node.name)):
                node.name = seen[2]
                yield {
                    "file": path.relative_to(ROOT).as_posix(),
                    "cls": seen[1] or "",
                    "func": seen[2],
                    "n": int(seen[3]),
                    "code": ast.unparse(node),
                }


if __name__ == "__main__":
    out, *rooms = sys.argv[1:]
    paths = [p for room in rooms for p in sorted((ROOT / "src/planner" / room).glob("*.py"))]
    found = [one for path in paths if path.name not in LEFT_OUT for one in mutants(path)]
    Path(out).write_text(json.dumps(found), encoding="utf-8")
