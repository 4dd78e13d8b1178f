"""Everything public is documented, and editors read in the stub what `help` says.

`WASMSPAN_BLESS=1` writes the texts of native code into the stub; `ruff format` then makes it pretty.
"""

import ast
import inspect
import os
import types
from pathlib import Path

import pytest
import wasmspan
from wasmspan import _native

STUB = Path(_native.__file__).with_name("_native.pyi")
PUBLIC = [name for name in _native.__all__ if name in wasmspan.__all__ and not name.startswith("_")]


def text_of(item: object) -> str:
    return (inspect.getdoc(item) or "").strip()


def members(name: str, node: ast.stmt):
    """Each definition of the stub that has a text, with what it stands for."""
    item = getattr(_native, name)
    yield name, node, item
    for inner in node.body if isinstance(node, ast.ClassDef) else ():
        setter = isinstance(inner, ast.FunctionDef) and any(
            isinstance(by, ast.Attribute) and by.attr == "setter" for by in inner.decorator_list
        )
        if isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_") and not setter:
            # Not `getattr` alone: a property of the class, not of its metaclass.
            yield f"{name}.{inner.name}", inner, inspect.getattr_static(item, inner.name)


def documented(source: str):
    for node in ast.parse(source).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name in PUBLIC:
            yield from members(node.name, node)


def bless(source: str) -> str:
    """The stub with the texts of native code."""
    lines = source.split("\n")
    for _, node, item in reversed(list(documented(source))):
        first = node.body[0]
        indent = " " * (node.col_offset + 4)
        text = text_of(item).replace("\\", "\\\\").split("\n")
        text = [f'{indent}"""{text[0]}', *(indent + line if line else "" for line in text[1:])]
        text = [*text, f'{indent}"""'] if len(text) > 1 else [text[0] + '"""']
        is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        at = first.lineno - 1
        if is_text and (first.value.value is not Ellipsis or isinstance(node, ast.ClassDef)):
            lines[at : first.end_lineno] = text
        elif is_text:
            lines[at : at + 1] = [lines[at][: first.col_offset].rstrip(), *text]
        else:
            at = min([first.lineno, *(by.lineno for by in getattr(first, "decorator_list", []))]) - 1
            lines[at:at] = [*text, ""]
    return "\n".join(lines)


def test_the_stub_says_what_help_says():
    source = STUB.read_text()
    if os.environ.get("WASMSPAN_BLESS"):
        source = bless(source)
        STUB.write_text(source)
    found = list(documented(source))
    assert len(found) > 140
    for name, node, item in found:
        text = text_of(item)
        assert text, f"{name} is not documented"
        assert (ast.get_docstring(node) or "").strip() == text, name


@pytest.mark.parametrize("name", wasmspan.__all__)
def test_every_public_item_has_a_text(name):
    item = getattr(wasmspan, name)
    if not isinstance(item, type):
        assert text_of(item) or not callable(item)
        return
    assert item.__doc__, name
    for inner, value in vars(item).items():
        kinds = (types.FunctionType, types.MethodDescriptorType, types.GetSetDescriptorType, property)
        if not inner.startswith("_") and isinstance(value, kinds):
            assert text_of(value), f"{name}.{inner}"
