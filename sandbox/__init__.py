"""A simulated RingCentral API for demonstrations and tests."""

from sandbox.clock import Clock
from sandbox.credentials import APP_PERMISSIONS, USER_PERMISSIONS
from sandbox.faults import Armed, Fault, Target
from sandbox.habits import POISONS, Habits
from sandbox.sandbox import Sandbox
from sandbox.state import Seen

__all__ = [
    "APP_PERMISSIONS",
    "POISONS",
    "USER_PERMISSIONS",
    "Armed",
    "Clock",
    "Fault",
    "Habits",
    "Sandbox",
    "Seen",
    "Target",
]
