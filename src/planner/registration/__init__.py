"""Finds vertebrae of one scan again in another, each by itself."""

from planner.registration.register import Registrar, register_vertebra
from planner.registration.result import RefusalCode, Registration, RegistrationRefused

__all__ = [
    "RefusalCode",
    "Registrar",
    "Registration",
    "RegistrationRefused",
    "register_vertebra",
]
