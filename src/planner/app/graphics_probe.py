"""Draws one triangle the way the 3-D view does and says what drew it.

Run as a module by ``planner doctor``: a graphics driver may end the process it is loaded into.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication
from vtkmodules.vtkCommonCore import vtkVersion

from planner.geometry.points import PointLps
from planner.session.surfaces import Surface
from planner.viewer.canvas.scene import Scene
from planner.viewer.canvas.turntable import Turntable
from planner.viewer.language.fonts import load_chinese_font

SIDE_PX = 64
"""Of the picture; enough to tell a triangle from its background."""


def main() -> None:
    """Print one JSON object."""
    application = QGuiApplication(sys.argv[:1])
    started = time.perf_counter()
    scene = Scene()
    scene.show_surfaces((_triangle(),))
    eye = Turntable(focus=PointLps(0.0, 0.0, 0.0), distance_mm=120.0)
    picture = scene.image(eye, SIDE_PX, SIDE_PX)
    seconds = time.perf_counter() - started
    lines = scene.capabilities().splitlines()
    scene.close()
    found = {
        "qt": qVersion(),
        "platform": application.platformName(),
        "vtk": vtkVersion.GetVTKVersion(),
        "drawn": bool((picture != picture[0, 0]).any() and (picture == picture[0, 0]).any()),
        "seconds": round(seconds, 3),
        "chinese": load_chinese_font(),
    }
    for name in ("vendor", "renderer", "version"):
        start = f"OpenGL {name} string:"
        found[name] = next((one[len(start) :].strip() for one in lines if start in one), "")
    sys.stdout.write(json.dumps(found) + "\n")


def _triangle() -> Surface:
    """Return a triangle seen from behind the patient, in the middle of the picture."""
    return Surface(
        name="bone",
        points_mm=np.array([(-15, 0, -15), (15, 0, -15), (0, 0, 15)], dtype=np.float32),
        normals=np.array([(0, 1, 0)] * 3, dtype=np.float32),
        triangles=np.array([(0, 1, 2)], dtype=np.int64),
    )


if __name__ == "__main__":
    main()
