"""Files that go to the container: an image adds them since Modal 1.0.

What a Mount did without a remote path: modal/mount.py of 0.62.236.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import libcst as cst

from poecli.source.python_file import PythonFile
from poecli.upgrade.codemod import (
    Codemod,
    argument,
    keyword,
    shown,
    text_of,
    with_arg,
    with_args,
)
from poecli.upgrade.rules.modal.arguments import is_of_an_app
from poecli.upgrade.rules.modal.names import APPS

_COPIES = {"copy_local_file": "add_local_file", "copy_local_dir": "add_local_dir"}
_MOUNTS = {
    "modal.Mount.from_local_file": "add_local_file",
    "modal.Mount.from_local_dir": "add_local_dir",
    "modal.Mount.from_local_python_packages": "add_local_python_source",
}
_MODULES = "add_local_python_source"
_LEFT = (
    "modal.Mount is gone: use add_local_dir, add_local_file or add_local_python_source of the image"
)


class CopiedFiles(Codemod):
    """``Image.copy_local_dir`` built its files into the image, as ``copy=True`` does now."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """With an absolute path in the container; there is no other any more."""
        called = updated_node.func
        if not isinstance(called, cst.Attribute) or not self.uses("modal"):
            return updated_node
        name = called.attr.value
        if name not in _COPIES:
            return updated_node
        remote = argument(updated_node, "remote_path", 1)
        path = text_of(remote.value) if remote is not None else None
        if path is None or not path.startswith("/"):
            self.note(
                original_node,
                f"{name} is gone: {_COPIES[name]}(…, copy=True) needs an absolute remote_path",
            )
            return updated_node
        self.edited(original_node)
        renamed = updated_node.with_changes(func=called.with_changes(attr=cst.Name(_COPIES[name])))
        return with_arg(renamed, "copy", cst.Name("True"))


class Mounts(Codemod):
    """``mounts=[Mount.from_local_dir(…)]`` of a function is ``image.add_local_dir(…)``."""

    def __init__(self, rule: str, source: PythonFile) -> None:
        super().__init__(rule, source)
        self._moved: set[cst.CSTNode] = set()

    def visit_Call(self, node: cst.Call) -> None:
        """Which mounts can move into an image."""
        mounts, image = argument(node, "mounts"), argument(node, "image")
        if mounts is None or image is None or not isinstance(mounts.value, cst.List):
            return
        if not self._has_an_image(node) or not isinstance(image.value, (cst.Name, cst.Call)):
            return
        calls = [element.value for element in mounts.value.elements]
        if all(isinstance(call, cst.Call) and self._layer(call) for call in calls):
            self._moved |= {node, *calls}

    def _has_an_image(self, call: cst.Call) -> bool:
        return is_of_an_app(call) or self.is_one_of(call.func, APPS)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """Of @app.function, @app.cls or App."""
        if self.is_one_of(original_node.func, _MOUNTS) and original_node not in self._moved:
            self.note(original_node, _LEFT)
        mounts, image = argument(updated_node, "mounts"), argument(updated_node, "image")
        if original_node not in self._moved or mounts is None or image is None:
            return updated_node
        gone = argument(original_node, "mounts")
        if gone is None or not isinstance(gone.value, cst.List):
            return updated_node
        self.edited(gone)
        self.drop_import("modal", "Mount")
        value = image.value
        for element in gone.value.elements:
            layer = self._layer(cst.ensure_type(element.value, cst.Call))
            if layer is not None:
                name, args = layer
                value = cst.Call(cst.Attribute(value, cst.Name(name)), args)
        args = [
            arg.with_changes(value=value) if arg is image else arg
            for arg in updated_node.args
            if arg is not mounts
        ]
        return with_args(updated_node, args)

    def _layer(self, mount: cst.Call) -> tuple[str, list[cst.Arg]] | None:
        """The image's method for a mount, and its arguments; None for what it has no like of."""
        for name, method in _MOUNTS.items():
            if self.is_one_of(mount.func, (name,)):
                if method == _MODULES:
                    named = any(arg.keyword is not None for arg in mount.args)
                    return None if named else (method, list(mount.args))
                return _placed(method, mount)
        return None


def _placed(method: str, mount: cst.Call) -> tuple[str, list[cst.Arg]] | None:
    local, remote = argument(mount, "local_path", 0), argument(mount, "remote_path", 1)
    if local is None or len(mount.args) > 1 + (remote is not None):
        return None  # a condition, which has no like
    given = text_of(remote.value if remote is not None else local.value)
    if given is None:
        return None
    path = str(PurePosixPath("/", given if remote is not None else PurePosixPath(given).name))
    literal = cst.SimpleString(f'"{path}"')
    if remote is not None and text_of(remote.value) == path:
        literal = cst.ensure_type(remote.value, cst.SimpleString)
    return method, [cst.Arg(local.value), keyword("remote_path", literal)]


class ImageEnvironment(Codemod):
    """A variable of an image needs a text: None is refused when the file is imported."""

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        """``image.env({"A": os.environ.get("A"), "B": None})``."""
        given = argument(updated_node, "vars", 0)
        if (
            not self._is_env(original_node)
            or given is None
            or not isinstance(given.value, cst.Dict)
        ):
            return updated_node
        elements = []
        for element in given.value.elements:
            new = self._with_default(element)
            if new is not None:
                elements.append(new)
        if elements == list(given.value.elements):
            return updated_node
        self.edited(original_node)
        if elements:
            elements[-1] = elements[-1].with_changes(comma=given.value.elements[-1].comma)
        changed = given.with_changes(value=given.value.with_changes(elements=elements))
        return updated_node.with_changes(
            args=[changed if arg is given else arg for arg in updated_node.args]
        )

    def _is_env(self, call: cst.Call) -> bool:
        return (
            self.uses("modal")
            and isinstance(call.func, cst.Attribute)
            and call.func.attr.value == "env"
        )

    @staticmethod
    def _with_default(element: cst.BaseDictElement) -> cst.BaseDictElement | None:
        if not isinstance(element, cst.DictElement):
            return element
        value = element.value
        if isinstance(value, cst.Name) and value.value == "None":
            return None
        is_read = isinstance(value, cst.Call) and shown(value.func) in {
            "os.environ.get",
            "os.getenv",
        }
        if isinstance(value, cst.Call) and is_read and len(value.args) == 1:
            comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
            args = [value.args[0].with_changes(comma=comma), cst.Arg(cst.SimpleString('""'))]
            return element.with_changes(value=value.with_changes(args=args))
        return element
