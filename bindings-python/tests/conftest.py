"""What the tests share."""

import signal
from pathlib import Path

import pytest
import wasmspan
from wasmspan import (
    Instance,
)

# A shell that runs the tests in the background has processes ignore Ctrl-C, and Python leaves that as it is.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def guests() -> Path:
    """The folder of built guest programs."""
    return Path(__file__).parents[2] / "tests" / "wasm"


@pytest.fixture
def make():
    """Instantiates a module given as text."""

    def instantiate(text: str, imports=None, **settings) -> Instance:
        return wasmspan.Module.from_wat(text).instantiate(imports, **settings)

    return instantiate


SPIN = '(module (func (export "spin") (loop (br 0))))'
