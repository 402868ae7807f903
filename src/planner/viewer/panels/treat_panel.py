"""Treat: the ablation and the cement of the selected needle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFormLayout,
    QPushButton,
    QWidget,
)

from planner.domain.order import Order
from planner.domain.plan import Ablation, AblationId, CementTechnique, TrajectoryId
from planner.domain.protection import Agent
from planner.viewer.language.number_box import NumberBox
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.dose_curve import DoseCurve
from planner.viewer.panels.parts import Choice, Panel, button, label, say, section
from planner.viewer.panels.play_line import PlayLine
from planner.viewer.panels.tissue_legend import TissueLegend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from planner.session.window_states import TreatState

STEP_ML, STEP_S = 0.1, 5.0
"""Steps of what is played: a tenth of a mL, and as often as a run looks at its fields."""

UNSET = AblationId("unset")
"""The desk gives the real id; a panel does not know it."""


ORDERS = (
    ("Together or in turn: not said", None),
    ("All needles at one time", Order.TOGETHER),
    ("One needle after the other", Order.IN_TURN),
)

TECHNIQUES = (
    ("Vertebroplasty", CementTechnique.VERTEBROPLASTY),
    ("Balloon kyphoplasty", CementTechnique.BALLOON_KYPHOPLASTY),
    ("Stent in the body", CementTechnique.VERTEBRAL_STENT),
    ("RF-targeted, very thick", CementTechnique.RF_TARGETED),
)


class TreatPanel(Panel):
    """The fourth step."""

    device_chosen = Signal(str)
    ablation_wanted = Signal(object)
    cement_wanted = Signal(str, float)
    cement_played = Signal(float)
    heat_played = Signal(float)
    way_wanted = Signal(object, float, float)
    order_wanted = Signal(object)
    layer_wanted = Signal(str, float, float)
    layer_removed = Signal()

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Treat", parent)
        self._needle = label("", "quiet")
        self._device = Choice()
        self._device.setAccessibleName(said("Ablation device"))
        self._power = _number(" W", 200.0, 5.0)
        self._setpoint = _number(" °C", 120.0, 5.0)
        self._time = _number(" s", 3600.0, 30.0)
        self._cycle = _number(" s", 3600.0, 10.0)
        self._pause = _number(" s", 3600.0, 10.0)
        self._offset = _number(" mm", 40.0, 1.0, lowest=-40.0)
        self._rows = label("", "faint")
        self._zone = label("", "quiet")
        self._missing = label("", "alarm")
        self._simulated = label("", "quiet")
        self._duty: float | None = None
        self._curve = DoseCurve()
        self._cement = Choice()
        self._cement.setAccessibleName(said("Cement"))
        self._volume = _number(" mL", 15.0, 0.5)
        self.technique = Choice()
        self.technique.setAccessibleName(said("How room is made for cement"))
        for words, technique in TECHNIQUES:
            self.technique.addItem(said(words), technique)
        self.cavity = _number(" mL", 8.0, 0.5)
        self.pull_back = _number(" mm", 25.0, 1.0)
        self._fill = label("", "quiet")
        form = QFormLayout()
        form.addRow(said("Power"), self._power)
        form.addRow(said("Set point"), self._setpoint)
        form.addRow(said("Time with energy"), self._time)
        form.addRow(said("In cycles of"), self._cycle)
        form.addRow(said("Pause between"), self._pause)
        form.addRow(said("Draw back"), self._offset)
        self.order = Choice()
        self.order.setAccessibleName(said("When the needles work"))
        for words, order in ORDERS:
            self.order.addItem(said(words), order)
        self.order.activated.connect(lambda place: self.order_wanted.emit(ORDERS[place][1]))
        self.order.setToolTip(
            said("Goes on paper. A full simulation holds both orders, whatever is said here.")
        )
        self._offset.setToolTip(said("Moves the device tip back from the end of the path."))
        self.add(self._needle, section("Ablation"), self._device)
        self.column.addLayout(form)
        self.add(self._rows, self._zone, self._missing, self.order)
        self.add(button(actions["device_table"]))
        self.add(button(actions["simulate"]), self._simulated)
        self.heated = PlayLine(
            "Time of the treatment shown",
            "Plays the simulated zone in every slice; nothing that is judged changes.",
            step=STEP_S,
            page=60.0,
        )
        self.heated.played.connect(self.heat_played)
        self.add(self.heated, self._curve)
        self._thermometers_title = section("Thermometers")
        self._thermometers = label("", "quiet")
        self.add(self._thermometers_title, self._thermometers)
        self._tissue = button(actions["tissue_map"])
        self._tissue.setCheckable(True)
        self.tissue = TissueLegend()
        self.add(self._tissue, self.tissue)
        self._add_protection()
        self.add(section("Cement"), self._cement, self.technique)
        fill = QFormLayout()
        fill.addRow(said("Volume"), self._volume)
        fill.addRow(said("Cavity first"), self.cavity)
        fill.addRow(said("Draw back after half"), self.pull_back)
        self.column.addLayout(fill)
        self.given = PlayLine(
            "Cement given so far",
            "Plays the injection in every picture; lines are one mL apart.",
            step=STEP_ML,
            page=1.0,
        )
        self.given.played.connect(self.cement_played)
        self.add(self.given, self._fill)
        self.end()
        for box in (
            self._power,
            self._setpoint,
            self._time,
            self._cycle,
            self._pause,
            self._offset,
        ):
            box.valueChanged.connect(self._ablation_changed)
        self._device.activated.connect(
            lambda _place: self.device_chosen.emit(self._device.currentData() or "")
        )
        self._cement.activated.connect(self._cement_changed)
        self._volume.valueChanged.connect(self._cement_changed)
        self.technique.activated.connect(self._way_changed)
        self.cavity.valueChanged.connect(self._way_changed)
        self.pull_back.valueChanged.connect(self._way_changed)
        self._inputs: tuple[QWidget, ...] = (
            self._device, self._power, self._setpoint, self._time, self._cycle, self._pause,
            self._offset, self._cement, self._volume, self.technique, self.cavity,
            self.pull_back,
        )  # fmt: skip

    def _add_protection(self) -> None:
        """Let a layer be planned at the crosshair."""
        self.agent = Choice()
        self.agent.setAccessibleName(said("Protecting layer"))
        for agent in Agent:
            self.agent.addItem(said(str(agent)), str(agent))
        self.thickness = _number(" mm", 30.0, 1.0, 1.0)
        self.width_mm = _number(" mm", 80.0, 2.0, 4.0)
        self.thickness.setValue(5.0)
        self.width_mm.setValue(20.0)
        form = QFormLayout()
        form.addRow(said("Layer of"), self.agent)
        form.addRow(said("Thickness"), self.thickness)
        form.addRow(said("Width"), self.width_mm)
        self.put_layer = QPushButton(said("Put layer at crosshair"))
        self.put_layer.setToolTip(
            said("Between the crosshair and the needle that burns; one that is there is replaced.")
        )
        self.drop_layer = QPushButton(said("Remove layer"))
        self.put_layer.clicked.connect(
            lambda _on: self.layer_wanted.emit(
                self.agent.currentData(), self.thickness.value(), self.width_mm.value()
            )
        )
        self.drop_layer.clicked.connect(lambda _on: self.layer_removed.emit())
        self._layers = label("", "quiet")
        self.add(section("Protection"))
        self.column.addLayout(form)
        self.add(self.put_layer, self.drop_layer, self._layers)

    def show_treatment(self, state: TreatState) -> None:
        """Show what is planned and what the models say."""
        for part in self._inputs:
            part.blockSignals(True)
        why = "" if state.needle else "Select or place a needle first."
        say(self._needle, f"On the {state.needle} needle" if state.needle else why)
        self._show_device(state)
        _set(self._power, state.power_w)
        _set(self._setpoint, state.setpoint_celsius)
        _set(self._time, state.time_s)
        _set(self._cycle, state.cycle_s)
        _set(self._pause, state.pause_s)
        self._duty = state.duty_percent
        _set(self._offset, state.offset_mm)
        say(self._zone, "\n".join(state.zone_lines))
        self._zone.setToolTip(said(f"Source: {state.zone_source}"))
        say(self._missing, f"NO ZONE: {state.zone_missing}" if state.zone_missing else "")
        self.order.setVisible(state.several_burn)
        self.order.setCurrentIndex([order for _, order in ORDERS].index(state.order))
        say(self._layers, "\n".join(state.layers))
        self.drop_layer.setVisible(bool(state.layers))
        say(self._simulated, "\n".join(state.simulated_lines))
        self.heated.show_played(state.heat_total_s, state.heat_at_s, state.heat_lines)
        self._curve.show_curves(state.coverage)
        self._thermometers_title.setVisible(bool(state.thermometers))
        say(self._thermometers, "\n".join(state.thermometers))
        self._tissue.setChecked(state.tissue_shown)
        self.tissue.show_tissues(state.tissues, state.tissue_parts, state.tissue_choices)
        self._cement.clear()
        self._cement.addItem(said("No cement"), "")
        for cement_id, name in state.cements:
            self._cement.addItem(said(name), cement_id)
        self._cement.setCurrentIndex(max(0, self._cement.findData(state.cement_id)))
        _set(self._volume, state.cement_ml)
        self.technique.setCurrentIndex([one for _, one in TECHNIQUES].index(state.technique))
        _set(self.cavity, state.cavity_ml)
        _set(self.pull_back, state.pull_back_mm)
        say(self._fill, "\n".join(state.cement_lines))
        self._fill.setToolTip(said(f"Source: {state.cement_source}"))
        placed_ml, given_ml = state.cement_placed_ml, state.cement_given_ml
        words = f"Shown: after {given_ml:.1f} of {placed_ml:.1f} mL"
        self.given.show_played(placed_ml, given_ml, [words] if placed_ml > 0.0 else [])
        no_device = why or ("" if state.device_id else "Choose a device first.")
        no_cement = why or ("" if state.cement_id else "Choose a cement first.")
        no_cavity = "" if state.technique.makes_cavity else "This technique makes no cavity."
        for part in self._inputs:
            part.blockSignals(False)
            needs = {
                self._device: why,
                self._cement: why,
                self._volume: no_cement,
                self.technique: no_cement,
                self.cavity: no_cement or no_cavity,
                self.pull_back: no_cement,
            }
            reason = needs.get(part, no_device)
            part.setEnabled(not reason)
            part.setToolTip(
                said(reason)
                if reason
                else verbatim(part.currentText() if isinstance(part, Choice) else "")
            )

    def _show_device(self, state: TreatState) -> None:
        self._device.clear()
        self._device.addItem(said("No ablation"), "")
        for offer in state.devices:
            name = offer.title if offer.has_table else f"{offer.title}  — no zone table"
            self._device.addItem(said(name), offer.id)
        self._device.setCurrentIndex(max(0, self._device.findData(state.device_id)))
        chosen = next((offer for offer in state.devices if offer.id == state.device_id), None)
        rows = chosen.rows if chosen else ()
        say(self._rows, "Table rows:\n" + "\n".join(rows) if rows else "")

    def _ablation_changed(self, _value: object = None) -> None:
        device = self._device.currentData()
        if not device:
            return
        cycle, pause = _value_of(self._cycle), _value_of(self._pause)
        if cycle is not None and pause is None:
            pause = cycle  # a cycle needs a pause; as long as itself until somebody says otherwise
        if cycle is None:
            pause = None
        wanted = Ablation(
            id=UNSET,
            trajectory_id=TrajectoryId(""),
            device_id=device,
            power_w=_value_of(self._power),
            setpoint_celsius=_value_of(self._setpoint),
            time_s=_value_of(self._time),
            active_offset_mm=self._offset.value(),
            duty_percent=self._duty,
            cycle_s=cycle,
            pause_s=pause,
        )
        self.ablation_wanted.emit(wanted)

    def _way_changed(self, _value: object = None) -> None:
        _, technique = TECHNIQUES[self.technique.currentIndex()]
        self.way_wanted.emit(technique, self.cavity.value(), self.pull_back.value())

    def _cement_changed(self, _value: object = None) -> None:
        cement = self._cement.currentData() or ""
        volume = self._volume.value() if self._volume.value() > 0 else 2.0
        self.cement_wanted.emit(cement, volume if cement else 0.0)


def _number(suffix: str, highest: float, step: float, lowest: float = 0.0) -> QDoubleSpinBox:
    box = NumberBox()
    box.setRange(lowest, highest)
    box.setSingleStep(step)
    box.setDecimals(1)
    box.setSuffix(said(suffix))
    box.setKeyboardTracking(False)
    if lowest == 0.0:
        box.setSpecialValueText(said("not set"))
    return box


def _set(box: QDoubleSpinBox, value: float | None) -> None:
    box.setValue(0.0 if value is None else value)


def _value_of(box: QDoubleSpinBox) -> float | None:
    return None if box.value() == 0.0 else box.value()
