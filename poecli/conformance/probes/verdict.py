"""Any request, and the rules that its answer is held against: what was sent says which."""

from __future__ import annotations

from poecli.conformance.probes.bounds import Bounds
from poecli.conformance.probes.catalog import (
    judge_client_error,
    judge_report,
    judge_settings,
    judge_unknown_type,
)
from poecli.conformance.probes.plain_question import judge_query
from poecli.conformance.results import Finding
from poecli.probe.exchange import ProbeAnswer
from poecli.protocol.foreign_json import loads
from poecli.protocol.requests import BadRequest, UnknownRequestType, parse_request


def judge(answer: ProbeAnswer, bounds: Bounds, seconds: float) -> list[Finding]:
    """The rules that an answer breaks; it was waited for at most ``seconds``."""
    try:
        kind = sent_kind(answer.sent.body)
    except UnknownRequestType:
        return judge_unknown_type(answer)
    except BadRequest:
        return judge_client_error(answer, "bad-request-5xx")
    except ValueError:
        return judge_client_error(answer, "broken-json-5xx")
    if kind == "query":
        return judge_query(answer, bounds, seconds)
    if kind == "settings":
        return judge_settings(answer, bounds)
    return judge_report(answer, kind)


def sent_kind(body: bytes) -> str:
    """The type of a request. Raises BadRequest for none of the protocol, ValueError for no JSON."""
    try:
        value = loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return parse_request(value).type
