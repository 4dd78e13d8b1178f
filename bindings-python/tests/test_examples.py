"""The programs in `examples/python` print what `examples/output` says; the README's examples run as shown."""

import re
import runpy
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXTS = sorted((ROOT / "examples" / "output").glob("*.txt"))
assert len(TEXTS) > 10


def served(program, lines):
    """Starts a server that says on which port it listens, and asks for the path that begins each line."""
    command = [sys.executable, program, "0", "1000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            port = int(server.stdout.readline().removeprefix("listening on "))
            for path in (line.split(" ")[0] for line in lines):
                try:
                    answer = urllib.request.urlopen(f"http://127.0.0.1:{port}{path}")
                except urllib.error.HTTPError as error:
                    answer = error
                with answer:
                    yield f"{path} {answer.status} {answer.read().decode()}"
        finally:
            server.kill()


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.stem)
def test_programs(text):
    program = ROOT / "examples" / "python" / f"{text.stem.replace('-', '_')}.py"
    wanted = text.read_text()
    if text.stem == "server-deadline":
        got = "".join(served(program, wanted.splitlines()))
    else:
        done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        got = done.stdout
    if text.stem == "demo":  # without the language and the times
        got = re.sub(r"(?m)^.{9}(.*?) +[\d.]+ ms( \w+)$", r"\1\2", got)
    assert got == wanted


def test_numpy():
    pytest.importorskip("numpy")
    runpy.run_path(str(ROOT / "examples" / "python" / "image_filter.py"), run_name="__main__")


@pytest.mark.parametrize("document", ["README.md", "bindings-python/README.md"])
def test_readme(document, tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks):
        file = tmp_path / f"block{number}.py"
        file.write_text(block)
        runpy.run_path(str(file))
