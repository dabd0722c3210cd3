"""Objects of Modal that are found, made and asked for otherwise today.

What is gone: the difference between the classes of 0.56.4964, 0.62.236 and 0.64.109, and 1.6.4.
"""

from __future__ import annotations

import libcst as cst

from poecli.upgrade.codemod import Codemod, argument, shown, with_arg

_NAMED = ("Cls", "Dict", "Function", "NetworkFileSystem", "Queue", "Secret", "Volume")
_LOOKUPS = tuple(f"modal.{name}.lookup" for name in _NAMED)
_PERSISTED = tuple(
    f"modal.{name}.persisted" for name in ("Dict", "NetworkFileSystem", "Queue", "Volume")
)
_GPUS = tuple(f"modal.gpu.{name}" for name in ("T4", "L4", "A10G", "A100", "H100", "L40S"))
_GONE = {
    "modal.Dict.new": 'use modal.Dict.from_name("NAME", create_if_missing=True)',
    "modal.Queue.new": 'use modal.Queue.from_name("NAME", create_if_missing=True)',
    "modal.Volume.new": 'use modal.Volume.from_name("NAME", create_if_missing=True)',
    "modal.NetworkFileSystem.new": "use modal.Volume.from_name",
    "modal.SharedVolume": "use modal.Volume.from_name",
    "modal.Image.conda": "use modal.Image.micromamba",
    "modal.Image.from_dockerhub": "use modal.Image.from_registry",
    "modal.build": "use Image.run_function, or a modal.Volume",
    "modal.gpu.Any": 'name one: gpu="T4"',
    "modal.gpu.A100": 'pass a text: gpu="A100-40GB" or gpu="A100-80GB"',
}


class NamedObjects(Codemod):
    """``lookup`` and ``persisted`` are ``from_name``; a GPU is a text."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        """``modal.Volume.persisted("a")``."""
        called = updated_node.func
        if self.is_one_of(original_node.func, _GPUS):
            return self._gpu(original_node, updated_node)
        if not isinstance(called, cst.Attribute):
            return updated_node
        is_lookup = self.is_one_of(original_node.func, _LOOKUPS)
        if not is_lookup and not self.is_one_of(original_node.func, _PERSISTED):
            return updated_node
        self.edited(original_node)
        named = updated_node.with_changes(func=called.with_changes(attr=cst.Name("from_name")))
        return named if is_lookup else with_arg(named, "create_if_missing", cst.Name("True"))

    def _gpu(self, original: cst.Call, call: cst.Call) -> cst.BaseExpression:
        """``modal.gpu.T4(count=2)`` -> ``"T4:2"``."""
        name = shown(original.func).rpartition(".")[2]
        count = argument(original, "count")
        if len(original.args) > (count is not None) or name == "A100":
            return call
        if count is not None and not isinstance(count.value, cst.Integer):
            return call
        self.edited(original)
        number = f":{count.value.value}" if count and isinstance(count.value, cst.Integer) else ""
        return cst.SimpleString(f'"{name}{number}"')

    def visit_Attribute(self, node: cst.Attribute) -> None:
        """What has no successor of the same shape."""
        self._note_gone(node)

    def visit_Name(self, node: cst.Name) -> None:
        """The same, imported by its name."""
        if self.is_reference(node) and not isinstance(self.parent(node), cst.Attribute):
            self._note_gone(node)

    def _note_gone(self, node: cst.BaseExpression) -> None:
        for name in self.names(node) & _GONE.keys():
            if name.endswith(f".{shown(node).rpartition('.')[2]}"):
                self.note(node, f"{name} is gone: {_GONE[name]}")
