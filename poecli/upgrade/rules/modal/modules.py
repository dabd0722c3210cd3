"""The author's own modules, which Modal 1.0 adds to a container no more by itself."""

from __future__ import annotations

import libcst as cst
from libcst.metadata import Assignment

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import Codemod, argument, walk
from poecli.upgrade.rules.modal.arguments import app_decorator
from poecli.upgrade.rules.modal.names import APPS

_ADDS = {"add_local_python_source", "add_local_dir"}


class OwnModules(Codemod):
    """They are added to the image as its last step, where the image is one of a name alone."""

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self._images: set[cst.CSTNode] = set()

    def examine(self, module: cst.Module) -> None:
        """The images of the app and its functions."""
        if not self.around.modules or self._adds_some(module):
            return
        calls = [call for each in walk(module, cst.Decorator) if (call := app_decorator(each))]
        if not calls:
            return
        given = [argument(call, "image") for call in (*calls, *self.calls(module, APPS))]
        images = {self._value(arg.value) for arg in given if arg is not None}
        made = {image for image in images if image is not None}
        if made and None not in images:
            self._images = made
        else:
            self.note(
                calls[0],
                f"Modal adds no other module to the container by itself since 1.0: have the image "
                f"end with .add_local_python_source({self._names()})",
            )

    @staticmethod
    def _adds_some(module: cst.Module) -> bool:
        attributes = walk(module, cst.Attribute)
        return any(each.attr.value in _ADDS for each in attributes)

    def _value(self, image: cst.BaseExpression) -> cst.CSTNode | None:
        """What makes an image that has a name, and is used for nothing but functions."""
        value = self.value(image)
        if not isinstance(image, cst.Name) or not isinstance(value, cst.Call):
            return None
        for bound in self.scope_of(image)[image.value]:
            if not isinstance(bound, Assignment):
                return None
            places = [self.parent(use.node) for use in bound.references]
            if not all(isinstance(place, cst.Arg) and place.keyword for place in places):
                return None
        return value

    def _names(self) -> str:
        return ", ".join(f'"{name}"' for name in sorted(self.around.modules))

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """``modal.Image.debian_slim()`` -> ``….add_local_python_source("helper")``."""
        if original_node not in self._images:
            return updated_node
        self.edited(original_node)
        dot = cst.Dot()
        if isinstance(updated_node.func, cst.Attribute) and updated_node.lpar:
            dot = updated_node.func.dot  # on a line of its own, as the step before
        whole = cst.Attribute(
            updated_node.with_changes(lpar=[], rpar=[]), cst.Name("add_local_python_source"), dot
        )
        texts = [cst.Arg(cst.SimpleString(f'"{name}"')) for name in sorted(self.around.modules)]
        return cst.Call(whole, texts, lpar=updated_node.lpar, rpar=updated_node.rpar)
