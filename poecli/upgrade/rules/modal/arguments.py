"""Arguments of @app.function and @app.cls, as Modal 1.6.4 takes them.

Which names are errors, and what took their place: modal/_utils/deprecation.py there
(handle_deprecated_parameters), and the signatures of 0.56.4964, 0.62.236 and 0.64.109.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst import matchers

from poecli.upgrade.codemod import Codemod, argument, keyword, with_args

_RENAMED = {
    "keep_warm": "min_containers",
    "concurrency_limit": "max_containers",
    "container_idle_timeout": "scaledown_window",
    "checkpointing_enabled": "enable_memory_snapshot",
    "shared_volumes": "network_file_systems",
}
_WITHOUT_EFFECT = (
    "_allow_background_volume_commits",
    "_experimental_boost",
    "allow_background_volume_commits",
    "allow_cross_region_volumes",
)
_GONE = {
    "interactive": "call modal.interact() in the function instead",
    "_experimental_gpus": 'pass a list, gpu=["H100", "A100"]',
    "_experimental_scheduler_placement": "pass region= or cloud=",
}
ARGUMENTS = (*_RENAMED, *_WITHOUT_EFFECT, *_GONE, "secret=", "max_inputs")
_WITH_OPTIONS = matchers.Call(matchers.Attribute(attr=matchers.Name("with_options")))


def is_of_an_app(call: cst.Call) -> bool:
    """Whether it is ``app.function(…)`` or ``app.cls(…)``."""
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in {"function", "cls"}


def app_decorator(decorator: cst.Decorator) -> cst.Call | None:
    """The call of ``@app.function(…)`` or ``@app.cls(…)``; None for any other decorator."""
    call = decorator.decorator
    return call if isinstance(call, cst.Call) and is_of_an_app(call) else None


class AppArguments(Codemod):
    """New names, and none of what is gone."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """Of a decorator, or of ``Cls.with_options(…)``."""
        if not self.uses("modal"):
            return updated_node
        if not is_of_an_app(original_node) and not matchers.matches(original_node, _WITH_OPTIONS):
            return updated_node
        return self.with_changed_args(original_node, updated_node, self._arg)

    def _arg(self, original: cst.Arg, arg: cst.Arg) -> cst.Arg | None:
        name = arg.keyword.value if arg.keyword is not None else ""
        if name in _GONE:
            self.note(original, f"{name} is gone: {_GONE[name]}")
        if name in _RENAMED:
            return arg.with_changes(keyword=cst.Name(_RENAMED[name]))
        if name in _WITHOUT_EFFECT:
            return None
        if name == "secret":
            listed = cst.List([cst.Element(arg.value)])
            return arg.with_changes(keyword=cst.Name("secrets"), value=listed)
        if name == "max_inputs" and isinstance(arg.value, cst.Integer) and arg.value.value == "1":
            return arg.with_changes(
                keyword=cst.Name("single_use_containers"), value=cst.Name("True")
            )
        return arg


class ConcurrentInputs(Codemod):
    """``allow_concurrent_inputs=`` is a decorator of its own since Modal 1.0."""

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        """``@app.function(allow_concurrent_inputs=10)``."""
        decorators = self._decorators(original_node.decorators)
        return updated_node.with_changes(decorators=decorators) if decorators else updated_node

    def leave_ClassDef(
        self, original_node: cst.ClassDef, updated_node: cst.ClassDef
    ) -> cst.ClassDef:
        """``@app.cls(allow_concurrent_inputs=10)``."""
        decorators = self._decorators(original_node.decorators)
        return updated_node.with_changes(decorators=decorators) if decorators else updated_node

    def _decorators(self, decorators: Sequence[cst.Decorator]) -> list[cst.Decorator]:
        """The decorators with the new one; empty when there is nothing to change."""
        changed, new = False, []
        for decorator in decorators:
            call = app_decorator(decorator)
            gone = argument(call, "allow_concurrent_inputs") if call else None
            if call is None or gone is None:
                new.append(decorator)
                continue
            changed = True
            self.edited(gone)
            call = with_args(call, [arg for arg in call.args if arg is not gone])
            new.append(decorator.with_changes(decorator=call))
            if not (isinstance(gone.value, cst.Integer) and gone.value.value == "1"):
                limit = keyword("max_inputs", gone.value)
                new.append(cst.Decorator(cst.Call(self.reference("modal", "concurrent"), [limit])))
        return new if changed else []
