"""Every rule of the protocol by its id.

Code that finds a violation only names the id; the texts for the author are here.
"""

from __future__ import annotations

from poecli.protocol.rules.answer_rules import ANSWER_RULES, LIMIT_RULES
from poecli.protocol.rules.control_rules import CONTROL_RULES
from poecli.protocol.rules.host_rules import HOST_RULES
from poecli.protocol.rules.http_rules import HTTP_RULES
from poecli.protocol.rules.python_rules import PYTHON_RULES
from poecli.protocol.rules.rule import SPEC, Level, Rule, Topic
from poecli.protocol.rules.settings_rules import DEPENDENCY_RULES, SETTINGS_RULES

__all__ = ["RULES", "SPEC", "Level", "Rule", "Topic"]

_ALL = (
    *ANSWER_RULES,
    *LIMIT_RULES,
    *HTTP_RULES,
    *SETTINGS_RULES,
    *CONTROL_RULES,
    *DEPENDENCY_RULES,
    *PYTHON_RULES,
    *HOST_RULES,
)

RULES: dict[str, Rule] = {rule.id: rule for rule in _ALL}
