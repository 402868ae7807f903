"""An archive that can fail in every way a real one does, on pynetdicom's own provider."""

from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, evt

from pacs.orthanc import free_port
from planner.pacs.dimse import FIND, GET, MOVE, VERIFICATION
from planner.settings.nodes import DimseNode, Limits, PacsSettings, Receiver

TITLE = "ARCHIVE"
LEAVES_SOCKETS = [
    # pynetdicom drops a socket that could not connect, or was hung up on, without closing it.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <(ssl.SSLS|socket.s)ocket"
        ":pytest.PytestUnraisableExceptionWarning"
    ),
]


@dataclass
class Archive:
    """What it has, and what it does wrong.

    ``says`` is its number of instances, ``lists`` what it lists, ``sends`` what it sends.
    """

    objects: list
    says: int | None = None
    lists: list | None = None
    sends: list | None = None
    abort_after: int | None = None
    mute: bool = False
    store_status: int = 0x0000
    keeps: bool = True
    knows_us: bool = True
    port: int = field(default_factory=free_port)
    receiver_port: int = field(default_factory=free_port)
    stored: list = field(default_factory=list)

    def settings(self, retrieve="get", *, title=TITLE, tls=None, allow=("127.0.0.1",), **limits):
        node = DimseNode(
            name="archive", host="127.0.0.1", port=self.port, title=title, retrieve=retrieve,
            tls=tls,
        )  # fmt: skip
        return PacsSettings(
            nodes={"archive": node},
            receiver=Receiver(port=self.receiver_port, allow=allow),
            limits=Limits(**{"silence_s": 20.0} | limits),
        )

    def find(self, event):
        if self.mute:
            event.assoc.abort()
            return
        level = event.identifier.QueryRetrieveLevel
        here = [*self.objects, *self.stored] if self.keeps else self.objects
        if level == "STUDY":
            answer = Dataset()
            answer.StudyInstanceUID = here[0].StudyInstanceUID
            answer.PatientName = here[0].PatientName
            answer.PatientID = here[0].PatientID
            yield 0xFF00, answer
        elif level == "SERIES":
            for uid in {str(one.SeriesInstanceUID) for one in here}:
                of_it = [one for one in here if one.SeriesInstanceUID == uid]
                answer = Dataset()
                answer.SeriesInstanceUID = uid
                answer.Modality = of_it[0].Modality
                says = len(of_it) if self.says is None else self.says
                if says >= 0:
                    answer.NumberOfSeriesRelatedInstances = says
                yield 0xFF00, answer
        else:
            listed = here if self.lists is None else self.lists
            for one in listed:
                if one.SeriesInstanceUID == event.identifier.SeriesInstanceUID:
                    answer = Dataset()
                    answer.SOPInstanceUID = one.SOPInstanceUID
                    yield 0xFF00, answer

    def give(self, event):
        sends = self.objects if self.sends is None else self.sends
        yield len(sends)
        for number, one in enumerate(sends):
            if number == self.abort_after:
                event.assoc.abort()
                return
            yield 0xFF00, one

    def move(self, event):
        if not self.knows_us:
            yield None, None
            return
        yield "127.0.0.1", self.receiver_port
        yield from self.give(event)

    def keep(self, event):
        if self.store_status:
            return self.store_status
        data = event.dataset
        data.file_meta = event.file_meta
        self.stored.append(data)
        return 0x0000


@contextmanager
def listening(archive, tls=None):
    ae = AE(ae_title=TITLE)
    ae.require_called_aet = True
    ae.dimse_timeout = ae.network_timeout = 20
    for service in (VERIFICATION, FIND, GET, MOVE):
        ae.add_supported_context(service)
    for context in AllStoragePresentationContexts:
        ae.add_supported_context(context.abstract_syntax, scp_role=True, scu_role=True)
    ae.requested_contexts = [
        one
        for one in AllStoragePresentationContexts
        if one.abstract_syntax in {str(item.SOPClassUID) for item in archive.objects}
    ]
    handlers = [
        (evt.EVT_C_FIND, archive.find),
        (evt.EVT_C_GET, archive.give),
        (evt.EVT_C_MOVE, archive.move),
        (evt.EVT_C_STORE, archive.keep),
    ]
    server = ae.start_server(
        ("127.0.0.1", archive.port), block=False, evt_handlers=handlers, ssl_context=tls
    )
    try:
        yield archive
    finally:
        for association in server.active_associations:
            association.abort()
        server.shutdown()
