"""How far a deploy came: each step is taken, told of and kept; the same command goes on from it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace

from poecli.deploy.record import Begun, Live, Records
from poecli.deploy.steps import DeployResult, StepDone, StepOutcome
from poecli.errors import PoeCliError


class Progress:
    """That of one deployment. ``tell`` hears of each step's begin and end; ``skip`` are steps."""

    def __init__(
        self,
        result: DeployResult,
        records: Records,
        tell: Callable[[str | StepDone], None],
        skip: Collection[str],
    ) -> None:
        self._result = result
        self._records = records
        self._tell = tell
        self._skip = skip
        self._record = records.of(result.deployment.name)
        self.begun = _begun(self._record.begun, result.build, result.deployment.table.to)

    @property
    def live_before(self) -> Live | None:
        """What was deployed last."""
        return self._record.live

    async def step(
        self, name: str, work: Callable[[], Awaitable[str]], *, once: bool = False
    ) -> None:
        """Take a step and tell of it; one that counts ``once`` only if this build had it not."""
        if name in self._skip:
            self._over(StepDone(name, StepOutcome.SKIPPED, "as asked for"))
            return
        if once and name in self.begun.done:
            self._over(StepDone(name, StepOutcome.EARLIER, "for this build"))
            return
        self._tell(name)
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            says = await work()
        except PoeCliError as error:
            self._over(StepDone(name, StepOutcome.FAILED, error.message, clock() - began))
            raise
        if once:
            self.keep(self.begun.having_done(name))
        self._over(StepDone(name, StepOutcome.DONE, says, clock() - began))

    def keep(self, begun: Begun) -> None:
        """Note how far it came. Raises UsageError when that can't be written."""
        self.begun = begun
        self._record = replace(self._record, begun=begun)
        self._records.keep(self._result.deployment.name, self._record)

    def goes_live(self, step: str, variables: str) -> None:
        """This step is next, and then users may have this build; it sends these variables.

        Where it was taken with others, it is taken again. Raises UsageError as `keep` does.
        """
        begun = self.begun
        done = tuple(name for name in begun.done if name != step or begun.sent == variables)
        self.keep(replace(begun, done=done, sent=variables))

    def forget(self) -> None:
        """It was undone: the next deploy begins anew. Raises UsageError as `keep` does."""
        self._records.keep(self._result.deployment.name, replace(self._record, begun=None))

    def _over(self, step: StepDone) -> None:
        self._result.steps.append(step)
        self._tell(step)


def _begun(old: Begun | None, build: str, to: str) -> Begun:
    """How far this build came; of another build only what was there before it went live."""
    if old is None or old.to != to:
        return Begun(build, to)
    if old.build == build:
        return old
    if old.sent:
        # That one was never proven to work: the way back leads past it.
        return replace(old, build=build, done=("now",))
    return Begun(build, to)
