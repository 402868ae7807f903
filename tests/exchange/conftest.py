"""Everything exported once for each grid, and shared by the tests that read it back."""

import pytest

from exchange.hospital import GRIDS, PDF, Outbound, loaded_case, small_png
from planner.document.plan_file import plan_bytes
from planner.exchange.export import ExportKind, PaperForm, export_plan


@pytest.fixture(scope="session", params=GRIDS)
def outbound(request, tmp_path_factory) -> Outbound:
    folder = tmp_path_factory.mktemp(f"series-{request.param}")
    case = loaded_case(folder / "ct", request.param)
    paper = PaperForm(pdf=PDF, title="Plan: L3", pictures=(("plan-axial", "Axial", small_png()),))
    files = export_plan(
        folder / "out",
        case.plan,
        case,
        list(ExportKind),
        paper=paper,
        plan_file=plan_bytes(case.plan),
    )
    return Outbound(
        grid=request.param, case=case, folder=folder, files={path.name: path for path in files}
    )
