"""An archive over DICOM's own protocol: C-ECHO, C-FIND, C-GET, C-MOVE and C-STORE."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import AE, build_context, evt

from planner.pacs.answers import series_of, study_of
from planner.pacs.peer import StudyFound, refused
from planner.pacs.receiving import Taker, hang_up, receiving
from planner.pacs.silence import held
from planner.pacs.storage import contexts_to_receive, groups_to_send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pynetdicom.association import Association
    from pynetdicom.events import EventHandlerType
    from pynetdicom.pdu_primitives import _UI
    from pynetdicom.presentation import PresentationContext

    from planner.domain.progress import ProgressReport
    from planner.pacs.peer import SeriesFound, StudyQuery
    from planner.settings.nodes import DimseNode, PacsSettings, Tls

VERIFICATION: Final = UID("1.2.840.10008.1.1")
FIND: Final = UID("1.2.840.10008.5.1.4.1.2.2.1")
MOVE: Final = UID("1.2.840.10008.5.1.4.1.2.2.2")
GET: Final = UID("1.2.840.10008.5.1.4.1.2.2.3")
"""Services (PS3.6 table A-1): verification, and the study root of query and retrieve."""

SUCCESS: Final = 0x0000
STORED: Final = (SUCCESS, 0xB000, 0xB006, 0xB007)
"""Stored as it is, or with a remark on its elements (PS3.4 table B.2-1)."""
PENDING: Final = (0xFF00, 0xFF01)
MOVE_DESTINATION_UNKNOWN: Final = 0xA801
LARGEST_PDU: Final = 131_072
"""Bytes of one packet: eight times the library's own, for fewer turns on a long CT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DimsePeer:
    """One node of the settings; every request is an association of its own."""

    node: DimseNode
    settings: PacsSettings
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.node.name)

    def echo(self) -> None:
        """Ask whether it listens and knows us."""
        with self._asked([build_context(VERIFICATION)]) as association:
            status = association.send_c_echo()
            if status.get("Status") != SUCCESS:
                raise self._failed("the echo", status)

    def find_studies(self, query: StudyQuery) -> tuple[StudyFound, ...]:
        """Return the studies that match."""
        asked = _question(
            "STUDY",
            StudyInstanceUID=query.study_uid,
            PatientID=query.patient_id,
            PatientName=query.patient_name,
            AccessionNumber=query.accession,
            StudyDate=query.date,
            PatientBirthDate="",
            StudyDescription="",
            ModalitiesInStudy=query.modality,
        )
        return tuple(study_of(answer) for answer in self._find(asked))

    def find_series(self, study_uid: str) -> tuple[SeriesFound, ...]:
        """Return the series of a study."""
        asked = _question(
            "SERIES",
            StudyInstanceUID=study_uid,
            SeriesInstanceUID="",
            Modality="",
            SeriesNumber="",
            SeriesDescription="",
            NumberOfSeriesRelatedInstances="",
        )
        return tuple(series_of(answer) for answer in self._find(asked))

    def instances_of(self, study_uid: str, series_uid: str) -> frozenset[str]:
        """Return the SOP Instance UIDs the archive says a series has."""
        asked = _question(
            "IMAGE",
            StudyInstanceUID=study_uid,
            SeriesInstanceUID=series_uid,
            SOPInstanceUID="",
        )
        most = self.settings.limits.most_instances
        return frozenset(str(one.get("SOPInstanceUID", "")) for one in self._find(asked, most))

    def fetch(self, study_uid: str, series_uid: str, take: Callable[[bytes], None]) -> None:
        """Have every instance given to ``take``, by C-GET or C-MOVE as the settings say."""
        asked = _question("SERIES", StudyInstanceUID=study_uid, SeriesInstanceUID=series_uid)
        taker = Taker(take=take)
        if self.node.retrieve == "get":
            contexts, roles = contexts_to_receive()
            with self._asked([build_context(GET), *contexts], roles, taker) as association:
                taker.asking = association
                self._followed(association.send_c_get(asked, GET), taker)
            return
        # Asked first, so that no port is open while an archive is silent about speaking at all.
        with (
            self._asked([build_context(MOVE)]) as association,
            receiving(self.settings, taker),
        ):
            taker.asking = association
            self._followed(association.send_c_move(asked, self.settings.title, MOVE), taker)

    def store(self, files: Sequence[Path], report: ProgressReport) -> None:
        """Give files to the archive, and see that it says it stored each."""
        done = 0
        for contexts, group in groups_to_send(files):
            with self._asked(contexts) as association:
                for path in group:
                    report(done / len(files), "Sending to the PACS")
                    self._store_one(association, path, done, len(files))
                    done += 1
        report(1.0, "Sent to the PACS")

    def _store_one(self, association: Association, path: Path, done: int, total: int) -> None:
        so_far = f"{done} of {total} objects were stored; {path.name} was not"
        again = "Send again when the reason is gone: what is stored already is not stored twice."
        try:
            status = association.send_c_store(pydicom.dcmread(path))
        except (ValueError, RuntimeError) as error:
            raise refused(
                "NOT-ACCEPTED",
                self.name,
                f"it does not take this kind of object, or hung up. {so_far}.",
                again,
            ) from error
        if "Status" not in status:
            raise refused("LOST", self.name, f"the connection broke off. {so_far}.", again)
        if status.Status not in STORED:
            raise refused(
                "NOT-STORED", self.name, f"it answered {status.Status:04X}. {so_far}.", again
            )

    def _find(self, asked: Dataset, most: int = 0) -> list[Dataset]:
        most = most or self.settings.limits.most_matches
        found: list[Dataset] = []
        with self._asked([build_context(FIND)]) as association:
            for status, answer in association.send_c_find(asked, FIND):
                if status.get("Status") in PENDING and answer is not None:
                    found.append(answer)
                    if len(found) > most:
                        association.abort()
                        raise refused(
                            "TOO-MANY",
                            self.name,
                            f"more than {most} answers came.",
                            "Ask for less, or raise the limit in pacs.toml.",
                        )
                elif status.get("Status") != SUCCESS:
                    raise self._failed("the question", status)
        return found

    def _followed(
        self,
        answers: Iterator[tuple[Dataset, Dataset | None]],
        taker: Taker,
    ) -> None:
        """Follow a retrieval to its end, and count what the archive says it sent."""
        status = Dataset()
        for answer, _ in answers:
            status = answer
        if taker.failure is not None:
            raise taker.failure
        if status.get("Status") == MOVE_DESTINATION_UNKNOWN:
            raise refused(
                "NOT-KNOWN",
                self.name,
                f"it does not know where {self.settings.title} is.",
                "Have title, address and port of this computer entered there, or set retrieve "
                'to "get" in pacs.toml.',
            )
        if status.get("Status") != SUCCESS:
            raise self._failed("the transfer", status)
        sent = status.get("NumberOfCompletedSuboperations")
        if sent is not None and sent != taker.count:
            raise refused(
                "INCOMPLETE",
                self.name,
                f"it says it sent {sent} objects, but {taker.count} arrived.",
                "Nothing was kept. Ask again.",
            )

    @contextmanager
    def _asked(
        self,
        contexts: list[PresentationContext],
        roles: list[_UI] | None = None,
        taker: Taker | None = None,
    ) -> Iterator[Association]:
        """Open an association, and close it whatever happens."""
        limits = self.settings.limits
        ae = AE(ae_title=self.settings.title)
        ae.maximum_pdu_size = LARGEST_PDU
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = limits.silence_s
        ae.connection_timeout = limits.silence_s
        handlers: list[EventHandlerType] = [(evt.EVT_C_STORE, taker.handle)] if taker else []
        association = ae.associate(
            self.node.host,
            self.node.port,
            contexts,
            ae_title=self.node.title,
            ext_neg=roles or [],
            evt_handlers=handlers,
            tls_args=_tls_args(self.node.tls, self.node.host),
        )
        try:
            if not association.is_established:
                raise self._unheard(association)
            with held(partial(hang_up, association)):
                yield association
            if association.is_established:
                association.release()
        finally:
            if association.is_established:
                association.abort()

    def _unheard(self, association: Association) -> Exception:
        where = f"{self.node.host}:{self.node.port}"
        if association.is_rejected:
            return refused(
                "REJECTED",
                self.name,
                f"{where} does not accept {self.settings.title} calling {self.node.title}.",
                "Check both titles in pacs.toml, and that the archive knows this computer.",
            )
        if association.acceptor.primitive is not None and not association.is_aborted:
            return refused(
                "NOT-SPOKEN",
                self.name,
                "it accepts none of the services that were asked for.",
                "Ask whoever runs the archive to allow them to this computer.",
            )
        return refused(
            "UNREACHABLE",
            self.name,
            f"there is no answer from {where}.",
            "Check address, port and TLS in pacs.toml, the network, and that the archive runs.",
        )

    def _failed(self, what: str, status: Dataset) -> Exception:
        if "Status" not in status:
            return refused(
                "LOST",
                self.name,
                f"the connection broke off during {what}.",
                "Nothing was kept. Ask again.",
            )
        failed = status.get("NumberOfFailedSuboperations")
        also = f" and {failed} objects were not sent" if failed else ""
        return refused(
            "FAILED",
            self.name,
            f"it answered {status.Status:04X} to {what}{also}.",
            "Nothing was kept. Ask again, and report it to the archive if it stays so.",
        )


def _question(level: str, **words: str) -> Dataset:
    asked = Dataset()
    asked.SpecificCharacterSet = "ISO_IR 192"
    asked.QueryRetrieveLevel = level
    for keyword, word in words.items():
        setattr(asked, keyword, word)
    return asked


def _tls_args(tls: Tls | None, host: str) -> tuple[ssl.SSLContext, str] | None:
    """Return how to be sure of the other side: its certificate must fit its host."""
    if tls is None:
        return None
    context = ssl.create_default_context(cafile=tls.ca or None)
    if tls.cert:
        context.load_cert_chain(tls.cert, tls.key or None)
    return context, host
