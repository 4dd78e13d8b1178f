"""Checks what `make dist` made:  dist.py PREFIX

Every package has the licence in it, and all are one build of the engine, so that each uses what another has
compiled and cached.
"""

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PREFIX = Path(sys.argv[1])
VERSION = re.search(r'^version *= *"(.+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
BUILD = re.compile(re.escape(VERSION.encode()) + rb"\+[0-9a-f]{16}(?![0-9a-f])")
LICENCE = (ROOT / "LICENSE").read_bytes()

problems, builds = [], {}


def found(*patterns: str) -> list[Path]:
    """The files of these patterns; each must have one."""
    files = []
    for pattern in patterns:
        matching = sorted(PREFIX.glob(pattern))
        if not matching:
            problems.append(f"{PREFIX}/{pattern}: there is none")
        files += matching
    return files


def content(package: Path) -> dict[str, bytes]:
    """The files in a package."""
    if zipfile.is_zipfile(package):
        with zipfile.ZipFile(package) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(package) as archive:
        return {item.name: archive.extractfile(item).read() for item in archive if item.isfile()}


def compiled(name: str, data: bytes) -> None:
    """Notes which build of the engine is in machine code."""
    names = {match.decode() for match in BUILD.findall(data)}
    if len(names) == 1:
        builds[name] = names.pop()
    else:
        problems.append(f"{name}: the engine's build is not to be seen: {sorted(names)}")


def from_source(package: Path, folder: str) -> None:
    """Notes which build of the engine somebody gets who compiles the crate in a folder of a package."""
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(package) as archive:
            archive.extractall(place, filter="data")
        root = Path(place, folder)
        script = Path(place, "build-script")
        subprocess.run(["rustc", "--edition", "2024", "-o", script, root / "build.rs"], check=True)
        given = {"CARGO_MANIFEST_DIR": str(root), "CARGO_PKG_VERSION": VERSION}
        said = subprocess.run([script], env=os.environ | given, check=True, capture_output=True).stdout
        compiled(f"{package.name}, compiled", said)


for file in found("bin/*", "lib/libwasmedge.so.0", "lib/libwasmedge.a", "lib/libwasmedge_c.so"):
    compiled(file.name, file.read_bytes())

packages = found("crates/*.crate", "wheels/*.whl", "wheels/*.tar.gz", "npm/*.tgz", "go/**/*.zip")
for package in packages:
    files = content(package)
    if LICENCE not in files.values():
        problems.append(f"{package.name}: the licence is not in it")
    for name, data in files.items():
        if name.endswith((".so", ".node", ".a")):
            compiled(f"{name} of {package.name}", data)
    if package.suffix == ".crate" and package.name == f"wasmspan-{VERSION}.crate":
        from_source(package, f"wasmspan-{VERSION}")
    if package.name.endswith(".tar.gz"):
        from_source(package, f"wasmspan-{VERSION}/core")

if len(set(builds.values())) != 1:
    problems.append("there are several builds of the engine:")
    problems += [f"  {build}: {name}" for name, build in sorted(builds.items())]
if problems:
    sys.exit("\n".join(problems))
print(f"{len(packages)} packages and {len(builds)} builds of the engine are {builds.popitem()[1]}")
