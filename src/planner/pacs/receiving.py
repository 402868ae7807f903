"""What arrives: a handler for one series, and the port a node moves it to."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import TCPServer
from typing import TYPE_CHECKING, Final

from pydicom.uid import RawDataStorage
from pynetdicom import AE, evt
from pynetdicom.transport import ThreadedAssociationServer

from planner.domain.errors import InputRefusedError, PlannerError, UsageError
from planner.imaging.syntaxes import TRANSFER_SYNTAXES
from planner.pacs.storage import CT_CLASSES

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from pynetdicom.association import Association

    from planner.settings.nodes import PacsSettings, Receiver

SUCCESS: Final = 0x0000
OUT_OF_RESOURCES: Final = 0xA700
POLL_S: Final = 0.05
"""How often the receiver looks whether it is to close."""


@dataclass(slots=True, kw_only=True)
class Taker:
    """Hands instances on, and remembers the first that could not be taken.

    The protocol's own thread carries no exception to whoever waits; ``failure`` does.

    Attributes
    ----------
    asking
        The association on which the series was asked for; hung up on at the first failure.
    """

    take: Callable[[bytes], None]
    failure: PlannerError | None = None
    asking: Association | None = None
    count: int = 0
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, event: evt.Event) -> int:
        """Answer one C-STORE."""
        with self.one_at_a_time:
            if self.failure is not None:
                return OUT_OF_RESOURCES
            try:
                self.take(event.encoded_dataset())
            except PlannerError as failure:
                self.failure = failure
                event.assoc.abort()
                if self.asking is not None:
                    hang_up(self.asking)
                return OUT_OF_RESOURCES
            self.count += 1
            return SUCCESS


def hang_up(association: Association) -> None:
    """End an association, and wake whoever waits for its next answer as if the peer had."""
    association.abort()
    association.dimse.msg_queue.put((None, None))


@contextmanager
def receiving(settings: PacsSettings, taker: Taker) -> Iterator[None]:
    """Listen for one series that a node was asked to move here.

    Raises
    ------
    UsageError
        When no receiver is set up, or its port is taken.
    """
    receiver = settings.receiver
    if receiver is None:
        raise UsageError(
            'This node is asked by "move", which needs a [receiver] in pacs.toml; '
            "docs/reference/pacs.md shows one."
        )
    ae = AE(ae_title=settings.title)
    ae.require_called_aet = True
    ae.dimse_timeout = ae.network_timeout = settings.limits.silence_s
    for kind in (*CT_CLASSES, RawDataStorage):
        ae.add_supported_context(kind, list(TRANSFER_SYNTAXES))
    try:
        server = ae.make_server(
            (receiver.bind, receiver.port),
            evt_handlers=[(evt.EVT_C_STORE, taker.handle)],
            ssl_context=_server_tls(receiver),
            server_class=_AllowedOnly,
        )
    except OSError as error:
        raise UsageError(
            f"Port {receiver.port} of this computer cannot be listened on ({error.strerror}). "
            "Close the other program, or choose another port in pacs.toml and at the archive."
        ) from error
    if not isinstance(server, _AllowedOnly):
        raise TypeError("the receiver was made without its list of addresses")
    server.allowed = frozenset(receiver.allow)
    thread = threading.Thread(
        target=server.serve_forever, args=(POLL_S,), name="pacs-receiver", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


class _AllowedOnly(ThreadedAssociationServer):
    """Hangs up on addresses that are not on the list, before a byte of theirs is read."""

    allowed: frozenset[str] = frozenset()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        tls, self.ssl_context = self.ssl_context, None
        try:
            caller, address = super().get_request()
        finally:
            self.ssl_context = tls
        if address[0] not in self.allowed:
            caller.close()
            raise OSError("not on the list")  # the server takes this as a call that is over
        caller.settimeout(self.ae.network_timeout)
        return (tls.wrap_socket(caller, server_side=True) if tls else caller), address

    def shutdown(self) -> None:
        TCPServer.shutdown(self)
        for association in self.active_associations:
            association.abort()
        self.server_close()


def _server_tls(receiver: Receiver) -> ssl.SSLContext | None:
    tls = receiver.tls
    if tls is None:
        return None
    if not (tls.cert and tls.ca):
        raise InputRefusedError(
            "PACS-TLS",
            "A receiver with TLS needs cert, key and ca in pacs.toml: whom it is, and whom it "
            "believes.",
        )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tls.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(tls.cert, tls.key or None)
    return context
