"""`poe usage`: the points of an account, and what each query cost."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from poecli.commands.options import BaseUrl, Json
from poecli.terminal.console import Console

if TYPE_CHECKING:
    from poecli.usage.history import Usage


Grouping = Literal["bot", "day"]


@dataclass(frozen=True)
class UsageFlags:
    limit: Annotated[
        int, typer.Option("--limit", "-n", metavar="N", min=0, help="So many queries at most.")
    ] = 20
    every: Annotated[
        bool, typer.Option("--all", help="Every query that Poe still knows: those of 30 days.")
    ] = False
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="QUERY_ID", help="Go on where another page ended."),
    ] = None
    by: Annotated[
        Grouping | None, typer.Option("--by", help="Sum up all queries by bot or by day.")
    ] = None
    base_url: BaseUrl = None
    json: Json = False


def usage(console: Console, flags: UsageFlags) -> None:
    """Show the points of your account, and what each query cost.

    Poe knows the queries of the last 30 days. Beside a `poe dev`, POE_BASE_URL or --base-url
    names its local Poe, which tells what its own users spent.

    Examples:
      poe usage
      poe usage --by bot
      poe usage --all --json | jq '[.queries[].points] | add'
    """
    from poecli.addresses import is_loopback_url
    from poecli.config.credentials import ANY_KEY, api_key_missing, find_api_key
    from poecli.config.paths import user_folders
    from poecli.config.project import find_project
    from poecli.config.settings import base_url, read_environment
    from poecli.usage.history import ask_usage

    project = find_project(Path.cwd())
    environment = read_environment(console.env, project.root)
    poe = base_url(environment, flags.base_url, project.base_url).value
    limit = None if flags.every or flags.by else flags.limit
    key = find_api_key(environment, user_folders(console.env).config)
    if key is None and not is_loopback_url(poe):
        raise api_key_missing("see the points of your account")
    found = ask_usage(poe, key.value if key else ANY_KEY, limit, flags.after)
    if flags.json:
        console.json(_as_json(found, flags.by))
    else:
        _show(console, found, flags.by)


def _show(console: Console, found: Usage, by: Grouping | None) -> None:
    from poecli.usage.table import grouped, rows_of_groups, rows_of_queries

    console.data(f"Balance: {found.balance:,} points")
    if not found.queries:
        return
    console.data("")
    queries = found.queries
    for row in rows_of_groups(grouped(queries, by), by) if by else rows_of_queries(queries):
        console.data(row)
    if found.has_more:
        console.say(f"Older ones: poe usage --after {queries[-1].query_id}")


def _as_json(found: Usage, by: Grouping | None) -> dict[str, Any]:
    from poecli.usage.table import grouped, time_of

    whole: dict[str, Any] = {"type": "usage", "balance": found.balance, "has_more": found.has_more}
    if by:
        groups = grouped(found.queries, by)
        return {**whole, "by": by, "groups": [vars(group) for group in groups]}
    queries = [
        {
            "query_id": query.query_id,
            "at": time_of(query).isoformat(),
            "bot": query.bot_name,
            "use": query.usage_type,
            "points": query.cost_points,
        }
        for query in found.queries
    ]
    return {**whole, "queries": queries}
