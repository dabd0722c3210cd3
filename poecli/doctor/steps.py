"""The steps of `poe doctor`, in the order in which one failure explains the next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from poecli.doctor import deployed, machine, project
from poecli.doctor.context import DoctorContext
from poecli.step_results import StepResult

STEPS: dict[str, Callable[[DoctorContext], Awaitable[StepResult]]] = {
    "python": machine.python,
    "package": machine.package,
    "which poe": machine.which_poe,
    "project file": project.project_file,
    "bot's python": project.bots_python,
    "bot loads": project.bot_loads,
    "port": machine.port,
    "keys": project.keys,
    "network": machine.network,
    "deployed bot": deployed.deployed_url,
    "wrong key": deployed.wrong_key,
    "settings": project.settings_in_step,
}
