"""Names that doctests may use without importing them."""

import pytest
import wasmspan


@pytest.fixture(autouse=True)
def _names(doctest_namespace):
    doctest_namespace.update({name: getattr(wasmspan, name) for name in wasmspan.__all__})
