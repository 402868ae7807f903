"""Make the small pictures of the sample cases again, after a case or the painter has changed.

Only a field about the spine is scanned; the person and the disease are the same.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from PIL import Image

from planner.phantom import make_phantom
from planner.phantom.preview import preview
from planner.phantom.recipe import FieldOfView
from planner.phantom.samples import load_samples

if __name__ == "__main__":
    wanted = set(sys.argv[1:])
    for case in load_samples():
        if not wanted or case.id in wanted:
            case.preview.parent.mkdir(exist_ok=True)
            near = replace(
                case.recipe,
                field_of_view=FieldOfView.SPINE,
                matrix=None,
            )
            picture = preview(make_phantom(near), case.level)
            Image.fromarray(picture).save(case.preview, optimize=True)
            sys.stderr.write(f"{case.preview.name}: {case.preview.stat().st_size} bytes\n")
