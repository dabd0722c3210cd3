"""What can be asked of a local project, beside poe.toml. Light: `poe dev --help` loads it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class LocalFlags:
    """None where nothing was asked for; `poe dev` has a flag for each."""

    target: str | None = None
    host: str | None = None
    port: int | None = None
    reload: bool = True
    reload_with: str = "auto"
    python: str | None = None
    access_key: str | None = field(default=None, repr=False)
    bot: tuple[str, ...] = ()
    fault: tuple[str, ...] = ()
    balance: int | None = None
    save: bool = False
    seed: int = 0
    execute: str | None = None
    debug: bool = False
    examine_all: bool = False  # no flag: somebody asserts on what is seen

    @classmethod
    def for_one_command(
        cls,
        target: str,
        python: str | None = None,
        *,
        examine_all: bool = False,
        bot: tuple[str, ...] = (),
        fault: tuple[str, ...] = (),
    ) -> LocalFlags:
        """Served while a command runs: on a port that nobody else knows, as the code is now."""
        return cls(
            target=target,
            python=python,
            host="127.0.0.1",
            port=0,
            reload=False,
            reload_with="fresh",
            examine_all=examine_all,
            bot=bot,
            fault=fault,
        )
