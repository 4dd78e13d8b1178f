"""Rules about the native module's source: which files may know one another, and which have unsafe code."""

import re
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
FILES = {path.stem: path.read_text() for path in SOURCE.glob("*.rs")}

# A reference to a function is a value, a function takes values, and an instance has and gives all of these.
TOGETHER = {"function", "global", "host_function", "instance", "memory", "table", "value"}
UNSAFE = {
    "callable",
    "function",
    "interpreter",
    "knot",
    "lib",
    "memory",
    "owner",
    "signals",
    "stream",
    "value",
    "wasi",
    "module",
}


def uses(text: str) -> set[str]:
    return {name for name in re.findall(r"crate::(\w+)", text) if name in FILES}


def reached(start: str, graph: dict[str, set[str]]) -> set[str]:
    """What a file knows, in however many steps."""
    found, open_ = set(), [start]
    while open_:
        for name in graph[open_.pop()] - found:
            found.add(name)
            open_.append(name)
    return found


def circles(graph: dict[str, set[str]]) -> set[str]:
    return {name for name in graph if name in reached(name, graph)}


def test_files_know_one_another_in_one_direction():
    graph = {name: uses(text) - {name} for name, text in FILES.items()}
    assert circles(graph) == TOGETHER


def test_a_circle_is_noticed():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == {"b", "c"}


def test_unsafe_code_is_where_it_is_listed():
    found = {name for name, text in FILES.items() if re.search(r"\bunsafe (\{|impl|fn|extern)", text)}
    assert found == UNSAFE


def test_files_are_short_and_say_what_they_are():
    for name, text in FILES.items():
        assert text.startswith("//! "), name
        assert text.count("\n") <= 520, name
