"""An archive over DICOMweb: QIDO-RS asks, WADO-RS fetches, STOW-RS stores."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pydicom
import requests
from dicomweb_client.web import DICOMwebClient
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from planner.domain.errors import UsageError
from planner.pacs.answers import series_of, study_of
from planner.pacs.peer import StudyFound, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from planner.domain.progress import ProgressReport
    from planner.pacs.peer import SeriesFound, StudyQuery
    from planner.settings.nodes import PacsSettings, WebNode

AS_STORED: Final = (("application/dicom", "*"),)
"""Every coding: the archive need not unpack what the gate reads as it is."""

UNAUTHORISED: Final = (401, 403)
NOTHING_KEPT: Final = "Nothing was kept. Ask again, and report it to the archive if it stays so."


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPeer:
    """One DICOMweb node of the settings."""

    node: WebNode
    settings: PacsSettings
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.node.name)

    def echo(self) -> None:
        """Ask whether it listens and knows us: one study at most, of which nothing is kept."""
        with self._asked() as client:
            client.search_for_studies(limit=1)

    def find_studies(self, query: StudyQuery) -> tuple[StudyFound, ...]:
        """Return the studies that match."""
        wanted = {
            "StudyInstanceUID": query.study_uid,
            "PatientID": query.patient_id,
            "PatientName": query.patient_name,
            "AccessionNumber": query.accession,
            "StudyDate": query.date,
            "ModalitiesInStudy": query.modality,
        }
        most = self.settings.limits.most_matches
        with self._asked() as client:
            answers = client.search_for_studies(
                limit=most + 1,
                fields=["StudyDescription"],
                search_filters={word: said for word, said in wanted.items() if said},
            )
        return tuple(study_of(one) for one in self._read(answers, most))

    def find_series(self, study_uid: str) -> tuple[SeriesFound, ...]:
        """Return the series of a study."""
        most = self.settings.limits.most_matches
        with self._asked() as client:
            answers = client.search_for_series(
                study_uid,
                limit=most + 1,
                fields=["SeriesDescription", "NumberOfSeriesRelatedInstances"],
            )
        return tuple(series_of(one) for one in self._read(answers, most))

    def instances_of(self, study_uid: str, series_uid: str) -> frozenset[str]:
        """Return the SOP Instance UIDs the archive says a series has."""
        with self._asked() as client:
            answers = client.search_for_instances(study_uid, series_uid, get_remaining=True)
        found = self._read(answers, self.settings.limits.most_instances)
        return frozenset(str(one.get("SOPInstanceUID", "")) for one in found)

    def fetch(self, study_uid: str, series_uid: str, take: Callable[[bytes], None]) -> None:
        """Have every instance of a series given to ``take``, as it comes in."""
        with self._asked() as client:
            for instance in client.iter_series(study_uid, series_uid, media_types=AS_STORED):
                file = BytesIO()
                instance.save_as(file, enforce_file_format=True)
                take(file.getvalue())

    def store(self, files: Sequence[Path], report: ProgressReport) -> None:
        """Give files to the archive, and see that it says it stored each."""
        for done, path in enumerate(files):
            report(done / len(files), "Sending to the PACS")
            so_far = f"{done} of {len(files)} objects were stored; {path.name} was not"
            with self._asked(so_far) as client:
                answer = client.store_instances([pydicom.dcmread(path)])
            failed = answer.get("FailedSOPSequence")
            if failed or not answer.get("ReferencedSOPSequence"):
                why = failed[0].get("FailureReason", 0) if failed else 0
                raise refused(
                    "NOT-STORED",
                    self.name,
                    f"it answered {why:04X}. {so_far}.",
                    "Send again when the reason is gone: what is stored is not stored twice.",
                )
        report(1.0, "Sent to the PACS")

    def _read(self, answers: Sequence[Mapping[str, Any]], most: int) -> list[Dataset]:
        if len(answers) > most:
            raise refused(
                "TOO-MANY",
                self.name,
                f"more than {most} answers came.",
                "Ask for less, or raise the limit in pacs.toml.",
            )
        return [Dataset.from_json(dict(answer)) for answer in answers]

    @contextmanager
    def _asked(self, so_far: str = "") -> Iterator[DICOMwebClient]:
        """Give a client, and say in words what failed of what it was asked.

        Redirections and the machine's own proxies and passwords are not followed: a patient's
        name must not travel anywhere the settings do not name.
        """
        session = requests.Session()
        session.trust_env = False
        session.max_redirects = 0
        tls = self.node.tls
        if tls is not None:
            session.verify = tls.ca or True
            session.cert = (tls.cert, tls.key) if tls.key else tls.cert or None
        session.headers.update(self._authorization())
        silence_s = self.settings.limits.silence_s
        client = DICOMwebClient(self.node.url, session=session, timeout=silence_s)
        client.set_http_retry_params(retry=False)
        kept = f"{so_far}. Send again." if so_far else NOTHING_KEPT
        try:
            yield client
        except requests.HTTPError as error:
            raise self._answered(error, kept) from error
        except (requests.exceptions.SSLError, requests.exceptions.TooManyRedirects) as error:
            raise refused(
                "NOT-TRUSTED",
                self.name,
                "its certificate is not one we believe, it does not believe ours, or it sends us "
                "elsewhere.",
                "Check url, ca, cert and key in pacs.toml.",
            ) from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise refused("LOST", self.name, "the connection broke off.", kept) from error
        except (requests.RequestException, OSError) as error:
            raise refused(
                "UNREACHABLE",
                self.name,
                "there is no answer, or it broke off.",
                f"{kept} Check url and network, and that the archive runs.",
            ) from error
        except (InvalidDicomError, EOFError, ValueError, KeyError) as error:
            raise refused(
                "BROKEN", self.name, "it sent something that cannot be read.", kept
            ) from error
        finally:
            session.close()

    def _answered(self, error: requests.HTTPError, kept: str) -> Exception:
        code = 0 if error.response is None else error.response.status_code
        if code in UNAUTHORISED:
            return refused(
                "REJECTED",
                self.name,
                f"it does not let us in (HTTP {code}).",
                "Check authorization_variable and cert in pacs.toml.",
            )
        return refused("FAILED", self.name, f"it answered HTTP {code}.", kept)

    def _authorization(self) -> dict[str, str]:
        variable = self.node.authorization_variable
        if not variable:
            return {}
        if not os.environ.get(variable):
            raise UsageError(
                f"The environment variable {variable}, which is to hold the authorization for "
                f"{self.name}, is empty. Set it and try again."
            )
        return {"Authorization": os.environ[variable]}
