"""Classes from HU and outlines, and the table behind them."""

from pathlib import Path

import numpy as np
import pytest

from planner.catalog import load_catalog, resource_path
from planner.domain.errors import InputRefusedError
from planner.domain.sourced import Status
from planner.physics.heat.tissue_classes import TissueClass, tissue_classes
from planner.physics.heat.tissue_map import ChosenTissue, Outlines, tissue_map

TISSUES = load_catalog().tissues
CLASSES = tissue_classes(TISSUES)
SHAPE = (20, 24, 28)


def nothing() -> np.ndarray:
    return np.zeros(SHAPE, bool)


def box(*slices: slice) -> np.ndarray:
    mask = nothing()
    mask[slices] = True
    return mask


def test_that_hu_inside_a_vertebra_tells_cortex_marrow_and_lysis_apart() -> None:
    hu = np.zeros(SHAPE)
    hu[0, 0, :6] = (900.0, 350.0, 349.0, 80.0, 20.0, -60.0)
    found = tissue_map(hu, Outlines(vertebrae=~nothing(), canal=nothing()), 1.0, CLASSES)
    names = [TissueClass(n).name for n in found[0, 0, :6]]
    assert names == ["CORTICAL", "CORTICAL", "CANCELLOUS", "CANCELLOUS", "LYTIC", "CANCELLOUS"]


def test_that_hu_outside_bone_tells_soft_tissue_fat_gas_and_bone_apart() -> None:
    hu = np.zeros(SHAPE)
    hu[0, 0, :4] = (40.0, -90.0, -950.0, 600.0)
    found = tissue_map(hu, Outlines(vertebrae=nothing(), canal=nothing()), 1.0, CLASSES)
    assert list(found[0, 0, :4]) == [
        TissueClass.SOFT,
        TissueClass.FAT,
        TissueClass.GAS,
        TissueClass.CORTICAL,
    ]


def test_that_the_canal_is_a_sac_of_fluid_in_a_ring_of_fat() -> None:
    canal = box(slice(None), slice(4, 20), slice(4, 24))
    found = tissue_map(np.zeros(SHAPE), Outlines(vertebrae=nothing(), canal=canal), 1.0, CLASSES)
    assert found[10, 12, 14] == TissueClass.CSF
    assert found[10, 4, 14] == found[10, 5, 14] == TissueClass.EPIDURAL_FAT
    assert found[10, 6, 14] == TissueClass.CSF
    assert found[10, 3, 14] == TissueClass.SOFT


def test_that_later_outlines_win_and_paint_wins_over_all() -> None:
    whole = ~nothing()
    hu = np.full(SHAPE, 200.0)
    hu[:, :, :5] = 700.0
    outlines = Outlines(
        vertebrae=whole,
        canal=box(slice(0, 4)),
        discs=whole,
        lesion=box(slice(8, 12)),
        cord=box(slice(0, 2)),
        vessels=box(slice(14, 16)),
        cement=box(slice(15, 17)),
        painted={TissueClass.GAS: box(slice(16, 18))},
    )
    found = tissue_map(hu, outlines, 1.0, CLASSES)
    columns = found[:, 12, 20]
    assert columns[0] == TissueClass.CORD
    assert columns[3] == TissueClass.EPIDURAL_FAT
    assert columns[6] == TissueClass.CANCELLOUS
    assert columns[9] == TissueClass.LYTIC
    assert found[9, 12, 2] == TissueClass.BLASTIC
    assert columns[14] == TissueClass.VESSEL
    assert columns[15] == TissueClass.CEMENT
    assert columns[16] == columns[17] == TissueClass.GAS


def test_that_a_choice_wins_over_outlines_and_later_choices_work_on_what_earlier_ones_left() -> (
    None
):
    hu = np.full(SHAPE, 200.0)
    hu[:, :, :5] = 700.0
    outlines = Outlines(
        vertebrae=~nothing(),
        canal=nothing(),
        lesion=box(slice(8, 12)),
        painted={TissueClass.GAS: box(slice(11, 12))},
        chosen=(
            ChosenTissue(
                mask=box(slice(8, 16)), becomes=TissueClass.CEMENT, only=TissueClass.LYTIC
            ),
            ChosenTissue(mask=box(slice(8, 9)), becomes=TissueClass.WATER, only=TissueClass.LYTIC),
            ChosenTissue(mask=box(slice(9, 10)), becomes=TissueClass.FAT),
            ChosenTissue(mask=box(slice(9, 10)), becomes=TissueClass.DISC, only=TissueClass.FAT),
        ),
    )
    found = tissue_map(hu, outlines, 1.0, CLASSES)
    columns = found[:, 12, 20]
    assert columns[8] == TissueClass.CEMENT, "nothing there counts as lytic any more"
    assert found[8, 12, 2] == TissueClass.BLASTIC, "only what was lytic"
    assert (found[9] == TissueClass.DISC).all()
    assert columns[11] == TissueClass.GAS, "what is put in comes last"
    assert columns[13] == TissueClass.CANCELLOUS
    assert (columns[:8] == TissueClass.CANCELLOUS).all()


def test_that_thin_bone_outside_an_outlined_lesion_is_marrow() -> None:
    hu = np.full(SHAPE, 50.0)
    outlines = Outlines(vertebrae=~nothing(), canal=nothing(), lesion=box(slice(8, 12)))
    found = tissue_map(hu, outlines, 1.0, CLASSES)
    assert (found[8:12] == TissueClass.LYTIC).all()
    assert (found[:8] == TissueClass.CANCELLOUS).all()


def test_that_outlines_of_another_shape_are_refused() -> None:
    outlines = Outlines(vertebrae=nothing(), canal=nothing())
    with pytest.raises(ValueError, match="same shape"):
        tissue_map(np.zeros((4, 4, 4)), outlines, 1.0, CLASSES)


def test_that_the_table_comes_from_the_tissue_files() -> None:
    table = CLASSES.table()
    cortical = TISSUES["bone-cortical"].numbers
    density = cortical["density_kg_per_m3"].value
    heat = cortical["specific_heat_j_per_kg_k"].value
    assert table.heat_capacity_j_per_m3_k[TissueClass.CORTICAL] == pytest.approx(density * heat)
    blood = TISSUES["blood"].numbers
    carried = blood["density_kg_per_m3"].value * blood["specific_heat_j_per_kg_k"].value
    expected = 10.0 / 60e6 * density * carried
    assert table.perfusion_w_per_m3_k[TissueClass.CORTICAL] == pytest.approx(expected)
    assert table.conductivity_s_per_m[TissueClass.CSF] == 2.0
    assert len(table.names) == len(TissueClass)


def test_that_a_table_with_recalled_numbers_says_so() -> None:
    assert CLASSES.table().status is Status.RECALLED


def test_that_diffusivities_of_living_tissue_lie_where_the_literature_has_them() -> None:
    table = CLASSES.table()
    diffusivity = table.heat_conductivity_w_per_m_k / table.heat_capacity_j_per_m3_k
    living = diffusivity[: TissueClass.GAS]
    assert (living > 0.9e-7).all()
    assert (living < 1.6e-7).all()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('tissue = "disc"', 'tissue = "dsic"', "no tissue 'dsic'"),
        ("freezable_water_share", "freezable_water", "unknown key"),
        ("cortical_from_hu", "cortical_hu", "missing cortical_from_hu"),
        ("[blood]", "[[classes]]\nname = 'x'\ntissue = 'none'\n[blood]", "15 classes"),
    ],
)
def test_that_a_wrong_file_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = resource_path("physics", "tissue_map.toml").read_text(encoding="utf-8")
    path = tmp_path / "tissue_map.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputRefusedError, match=words):
        tissue_classes(TISSUES, path)
