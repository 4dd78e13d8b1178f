"""The README's examples and the programs in `examples/python` run as they stand."""

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("program", sorted((ROOT / "examples" / "python").glob("*.py")), ids=str)
def test_programs(program):
    if "numpy" in program.read_text():
        pytest.importorskip("numpy")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("document", ["README.md", "bindings-python/README.md"])
def test_readme(document, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks):
        file = tmp_path / f"block{number}.py"
        file.write_text(block)
        runpy.run_path(str(file))
