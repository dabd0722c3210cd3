"""Steps about the project here: its file, its bot, its keys, its last sync."""

from __future__ import annotations

from pathlib import Path

from poecli.config.credentials import find_access_key, find_api_key
from poecli.config.paths import user_folders
from poecli.config.python.choice import find_interpreter
from poecli.config.requirements import requirements
from poecli.doctor.context import DoctorContext
from poecli.errors import UsageError
from poecli.step_results import StepResult, failed, failed_with, note, ok, skipped


async def project_file(context: DoctorContext) -> StepResult:
    """Whether poe.toml is there and can be read."""
    if context.broken_project is not None:
        return failed_with(context.broken_project)
    file = context.project.file
    if file is None:
        return skipped(f"No poe.toml in {context.project.root} or above.")
    return ok(f"{file}: {', '.join(context.project.bots) or 'no bot listed'}")


async def bots_python(context: DoctorContext) -> StepResult:
    """Which Python and which fastapi_poe the bot runs on, and what the project asks for.

    Raises what `find_interpreter` raises.
    """
    found = find_interpreter(
        context.project, context.environment.process, context.python, Path.cwd()
    )
    notes = found.against(requirements(context.project.root)).notes
    return note(str(found), " ".join(notes)) if notes else ok(f"{found} at {found.executable}")


async def bot_loads(context: DoctorContext) -> StepResult:
    """Whether each bot of the project can be loaded and answers `settings`. Raises BotLoadError."""
    if context.project.file is None:
        return skipped("No project here.")
    for bot in context.project.bots or ("",):
        await context.load(bot)
    return ok("It loads and answers a settings request.")


async def keys(context: DoctorContext) -> StepResult:
    """Which keys are known. None is needed to work offline."""
    folder = user_folders(context.environment.process).config
    api_key = find_api_key(context.environment, folder)
    found = [f"API key from {api_key.source}"] if api_key else []
    for bot in context.project.bots.values():
        access_key = find_access_key(context.environment, bot.access_key_env)
        found += [f"access key of {bot.name} from {access_key.source}"] if access_key else []
    return ok("; ".join(found)) if found else skipped("No key is set.")


async def settings_in_step(context: DoctorContext) -> StepResult:
    """Whether the bot's settings are those of the last sync. Raises BotLoadError."""
    names = list(context.project.bots)
    if not names:
        return skipped("poe.toml lists no bot.")
    unknown = []
    for name in names:
        try:
            drift = await context.settings_drift(name)
        except UsageError as error:
            unknown.append(error.message)
            continue
        if drift:
            return failed(
                f"{name}: {', '.join(drift)} changed since the last sync.",
                f"poe sync-settings {name}",
            )
        if drift is None:
            unknown.append(f"{name} was never synced from here.")
    return skipped(" ".join(unknown)) if unknown else ok("as last synced")
