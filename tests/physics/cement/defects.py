"""Digital spines with one hole of a known kind in the shell of one vertebra."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from planner.domain.cement import LeakPath
from planner.domain.levels import Level
from planner.geometry.capsule import Capsule
from planner.geometry.points import PointLps
from planner.imaging import scan_sha256
from planner.phantom.make import make_phantom
from planner.phantom.recipe import FieldOfView, Recipe
from planner.physics.cement.build import marked
from planner.physics.cement.fill import darcy
from planner.physics.cement.leaks import leak_volumes
from planner.physics.cement.medium import FlowCase, openness
from planner.physics.cement.outlet import Outlet
from planner.physics.cement.paths import PATHS, Place
from planner.session.cement_region import basivertebral_vein, cement_region

LEVELS = [Level(name) for name in ("T5", "T7", "T9", "T11", "T12", "L1", "L2", "L3", "L4", "L5")]
SPACINGS = ((0.8, 0.8, 1.0), (1.0, 1.0, 1.0), (0.7, 0.7, 1.25))
FIELD_MM = 126.0
"""Enough for a whole vertebra; a wider field takes longer and shows nothing more of it."""

HOLE_MM = (2.5, 3.5)
FROM_HOLE_MM = (6.0, 10.0)
MOST_ML = 8.0
SOFT_HU = 45.0


def spine(seed):
    """A spine with nothing wrong, its level, spacing, age and bone by the seed."""
    level = LEVELS[seed % len(LEVELS)]
    random = np.random.default_rng([seed, 99])
    spacing = SPACINGS[seed % len(SPACINGS)]
    wide = round(FIELD_MM / spacing[0])
    return level, make_phantom(
        Recipe(
            seed=seed,
            levels=(level, level),
            field_of_view=FieldOfView.SPINE,
            matrix=(wide, wide),
            spacing_mm=spacing,
            age=float(random.uniform(35.0, 85.0)),
            osteoporosis=bool(seed % 3 == 0),
        )
    )


@dataclass(frozen=True)
class Hole:
    at_mm: np.ndarray
    inward: np.ndarray
    radius_mm: float


def site(medium, vertebra, path, random):
    """A place of the body's shell that faces one compartment and no other, as far as there is."""
    bone = medium.place == Place.BONE
    voxels = np.stack(np.unravel_index(medium.shell.voxels, bone.shape), axis=1)
    centres = medium.geometry.lps_mm(voxels[:, ::-1].astype(float))
    offset = centres - vertebra.body_centre.array
    frame = np.array([vertebra.left, vertebra.anterior, vertebra.superior])
    own = offset @ frame.T
    half = np.array(vertebra.body_size_mm) / 2.0
    body = (np.abs(own) <= half + 1.5).all(axis=1)
    code = PATHS[path]
    near = ndimage.uniform_filter((medium.place == code).astype(float), 7)
    other = ndimage.uniform_filter(((medium.place != code) & ~bone).astype(float), 7)
    score = (near - other)[tuple(voxels.T)]
    if path is LeakPath.EPIDURAL:
        # The vein has its own way; this hole is beside it.
        body &= (np.abs(own[:, 0]) > 4.0) & (np.abs(own[:, 2]) < 0.6 * half[2])
    score[~body] = -9.0
    best = np.flatnonzero(score >= score.max() - 0.05)
    chosen = int(random.choice(best))
    aim = vertebra.body_centre.array
    inward = aim - centres[chosen]
    return Hole(
        at_mm=centres[chosen],
        inward=inward / np.linalg.norm(inward),
        radius_mm=float(random.uniform(*HOLE_MM)),
    )


def pierced(phantom, hole):
    """The same spine with the bone within a ball about a place of its shell gone soft."""
    ct, truth = phantom.ct, phantom.truth
    shape = ct.hu.shape
    centre = ct.geometry.ijk(hole.at_mm)[::-1]
    reach = np.ceil((hole.radius_mm + 3.0) / np.array(ct.geometry.spacing_mm[::-1])).astype(int)
    low = np.maximum(np.rint(centre).astype(int) - reach, 0)
    high = np.minimum(np.rint(centre).astype(int) + reach + 1, shape)
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    k, j, i = np.meshgrid(
        *(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"
    )
    places = ct.geometry.lps_mm(np.stack((i, j, k), axis=-1).astype(float))
    inside = np.linalg.norm(places - hole.at_mm, axis=-1) <= hole.radius_mm
    share = ndimage.gaussian_filter(inside.astype(float), 0.6)
    hu = ct.hu.astype(float)
    fine = np.random.default_rng(1).normal(0.0, 12.0, share.shape)
    hu[box] = hu[box] * (1.0 - share) + (SOFT_HU + fine) * share
    voxels = np.rint(hu).astype(np.int16)
    record = replace(ct.record, sha256=scan_sha256(ct.geometry, voxels))
    return replace(ct, hu=voxels, record=record), truth


def first_leaks(medium, tip, ml=MOST_ML, case=None):
    """Volume at the first leak into each way out, and how much found room."""
    case = case or FlowCase()
    flow = darcy(medium, openness(medium, case), [Outlet(tip=tip, until_ml=ml)])
    return leak_volumes(medium, flow.arrival_ml, vein_open=case.vein_open), flow.placed_ml


def defect_case(seed, path):
    """Give cement near one defect; return the first leaks by way out."""
    level, phantom = spine(seed)
    random = np.random.default_rng([seed, 5])
    vertebra = phantom.truth.vertebrae[level]
    medium = cement_region(phantom.ct, phantom.truth, level)
    back = random.uniform(*FROM_HOLE_MM)
    case = FlowCase()
    if path is LeakPath.BASIVERTEBRAL:
        vein = basivertebral_vein(vertebra)
        tip = vein.at.array + np.array(vein.inward) * back
        case = FlowCase(vein_open=True)
    elif path is LeakPath.NEEDLE_TRACK:
        side = random.choice(list(vertebra.pedicles))
        pedicle = vertebra.pedicles[side]
        axis = np.array(pedicle.axis)
        end = pedicle.isthmus.array + axis * 18.0
        start = pedicle.isthmus.array - axis * 45.0
        way = Capsule(PointLps.of(end), PointLps.of(start), 1.7)
        medium = marked(medium, tracks=[way])
        tip = end + 4.0 * np.array(vertebra.anterior)
    else:
        hole = site(medium, vertebra, path, random)
        ct, truth = pierced(phantom, hole)
        medium = cement_region(ct, truth, level)
        tip = hole.at_mm + hole.inward * back
    found, placed = first_leaks(medium, PointLps.of(tip), case=case)
    return level, found, placed
