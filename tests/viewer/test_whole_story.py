"""The whole story by real pointer and keys on an X server, and what the screen showed."""

import json
import os
import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pypdf import PdfReader
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from phantoms import easy_l3
from planner.imaging import write_ct_series

pytestmark = pytest.mark.qt

KEPT = Path(__file__).with_name("story_pictures")
"""What the screen showed when somebody looked at it and found it right, made small.

To keep new ones after a change of the window: ``PLANNER_KEEP_STORY=1`` and these tests, then
look at each.
"""

SMALL = (300, 188)
TILE_PX = 10
"""A tile of a small picture is 50 pixels of the window: about a line and a half of text."""

TILE_TOLERANCE, WHOLE_TOLERANCE = 24.0, 2.0
"""Shades of 255. A number or a date that differs moves a tile by less than 12; a zone, an
outline or a button that is missing moves one by 30 and more (see the tests below)."""


SCREENS = list(product(("dark", "light"), (1, 2)))
if "PLANNER_SLOW" not in os.environ:
    SCREENS = [("dark", 1), ("light", 2)]
"""Each takes a minute; all four are looked at when the window changes."""


def small(picture: QImage) -> QImage:
    """Return a picture at a fifth of the window's size, whatever the scale of the screen was."""
    return picture.scaled(
        *SMALL, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    ).convertToFormat(QImage.Format.Format_RGB888)


def tiles(picture: QImage) -> NDArray[np.float64]:
    """Return the mean colour of each tile, rows x columns x 3."""
    wide, high = SMALL[0] // TILE_PX, SMALL[1] // TILE_PX
    data = np.frombuffer(picture.constBits(), np.uint8).reshape(SMALL[1], -1)
    data = data[: high * TILE_PX, : wide * TILE_PX * 3]
    return data.reshape(high, TILE_PX, wide, TILE_PX, 3).mean(axis=(1, 3))


def right(theme: str, act: str) -> QImage:
    """Return the picture that was looked at and kept."""
    kept = QImage(str(KEPT / theme / f"{act}.png"))
    assert not kept.isNull(), f"no picture is kept of {act} in {theme}"
    return kept.convertToFormat(QImage.Format.Format_RGB888)


def unlike(seen: QImage, kept: QImage) -> tuple[float, float]:
    """Return how far the worst tile, and the whole, are from each other."""
    away = np.abs(tiles(seen) - tiles(kept)).max(axis=2)
    return float(away.max()), float(away.mean())


@pytest.fixture(scope="module")
def ct_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("series") / "ct"
    write_ct_series(folder, easy_l3().ct)
    return folder


@pytest.mark.skipif(shutil.which("xdotool") is None, reason="xdotool is not installed")
@pytest.mark.parametrize(("theme", "scale"), SCREENS)
def test_that_a_person_gets_from_a_folder_to_the_paper(
    theme, scale, ct_folder, tmp_path, x_display
):
    result = told(theme, scale, ct_folder, tmp_path, x_display)
    assert result == {"threads": [], "timers": [], "widgets": []}
    text = "".join(page.extract_text() for page in PdfReader(tmp_path / "plan.pdf").pages)
    assert "not a medical device" in text.lower()
    assert (tmp_path / "case.plan").exists()
    for shot in sorted(tmp_path.glob("*.png")):
        picture = small(QImage(str(shot)))
        kept = KEPT / theme / shot.name
        if os.environ.get("PLANNER_KEEP_STORY"):
            kept.parent.mkdir(parents=True, exist_ok=True)
            picture.save(str(kept))
        worst, whole = unlike(
            picture, QImage(str(kept)).convertToFormat(QImage.Format.Format_RGB888)
        )
        assert worst <= TILE_TOLERANCE, f"{shot.name} in {theme}: a tile is {worst:.0f} off"
        assert whole <= WHOLE_TOLERANCE, f"{shot.name} in {theme}: it is {whole:.1f} off"


def told(theme: str, scale: int, scan: Path, out: Path, display: str) -> dict[str, list[str]]:
    """Run the story in a process of its own; return what was left over at its end."""
    env = dict(
        os.environ,
        DISPLAY=display,
        QT_QPA_PLATFORM="xcb",
        QT_SCALE_FACTOR=str(scale),
        PLANNER_DATA=str(out / "data"),
        PLANNER_CACHE=str(out / "cache"),
        PYTHONPATH=os.pathsep.join(sys.path),
    )
    env.pop("VTK_DEFAULT_OPENGL_WINDOW", None)
    (out / "data").mkdir()
    result = subprocess.run(
        [sys.executable, "-m", "viewer.whole_story", str(scan), str(out), theme],
        env=env,
        capture_output=True,
        text=True,
        timeout=540,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return dict(json.loads(result.stdout.splitlines()[-1]))


def test_that_a_changed_picture_of_the_story_would_be_seen():
    treated, needle = right("dark", "treat"), right("dark", "plan_a_needle")
    assert unlike(treated, treated) == (0.0, 0.0)
    assert unlike(needle, treated)[0] > TILE_TOLERANCE, "the zone came without being noticed"
    assert unlike(right("light", "treat"), treated)[1] > WHOLE_TOLERANCE
    assert unlike(treated.flipped(Qt.Orientation.Horizontal), treated)[0] > TILE_TOLERANCE
