"""Builds Python components, each only when its sources have changed.

    python build.py OUTPUT.wasm                     the runner
    python build.py OUTPUT.wasm WORLD FOLDER APP    a plugin that its author compiles
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WIT = HERE.parents[1] / "wit"
RUNNER = ("runner", HERE, "runner.app")
# What of a folder goes into a component. Tests and build files do not.
RUNNER_SOURCES = ("runner", "tidegate.py")
# The packages that the runner brings for plugins, by version and hash.
PACKAGES = HERE / "runner-requirements.txt"
CACHE = Path(os.environ.get("TIDEGATE_CACHE") or Path.home() / ".cache/tidegate")
# Beside this interpreter first: `venv/bin/python build.py` needs no activation.
BESIDE = Path(sys.executable).with_name("componentize-py")


def main(output: Path, world: str, folder: Path, app: str) -> None:
    """Writes the component to `output`, whatever the current folder is."""
    tool = str(BESIDE) if BESIDE.exists() else "componentize-py"
    output = output.resolve()
    # componentize-py does not build the same bytes twice, and a host compiles
    # other bytes anew: what is up to date stays as it is.
    inputs = output.with_name(output.name + ".inputs")
    digest = _digest(_sources(folder), world, app)
    if output.exists() and inputs.exists() and inputs.read_text() == digest:
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as copy:
        # A copy, since the interpreter in Wasm leaves its __pycache__ behind,
        # and what it finds there would make the next build another one.
        for source in _sources(folder):
            target = Path(copy, source.relative_to(folder))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        unfinished = Path(copy, "component.wasm")
        # Never --stub-wasi: with it `time.time()` is a trap.
        command = [tool, "-d", str(WIT), "-w", world, "componentize", "-p", copy, "-o", str(unfinished)]
        if folder == HERE:
            brought = Path(copy, "packages")
            shutil.copytree(packages(), brought)
            command += ["-p", str(brought)]
            # Once for the __pycache__: the memory that compiling takes would
            # stay in the component, and cost every run 13 MB.
            subprocess.run([*command, app], check=True, cwd=copy, stdout=subprocess.DEVNULL)
        subprocess.run([*command, app], check=True, cwd=copy)
        inputs.unlink(missing_ok=True)
        shutil.move(unfinished, output)
    inputs.write_text(digest)


def packages() -> Path:
    """Returns the folder of what the runner brings for plugins, installed at first use."""
    digest = hashlib.sha256(PACKAGES.read_bytes()).hexdigest()[:16]
    installed = CACHE / "python-packages" / digest
    if not installed.exists():
        installed.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=installed.parent) as new:
            # Pure wheels only, whatever machine this is.
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
            command += ["--root-user-action", "ignore", "--require-hashes", "--no-deps"]
            command += ["--only-binary", ":all:", "--target", f"{new}/packages"]
            command += ["--python-version", "3.14", "--implementation", "py", "--abi", "none", "--platform", "any"]
            subprocess.run([*command, "-r", str(PACKAGES)], check=True)
            Path(new, "packages").rename(installed)
    return installed


def _sources(folder: Path) -> list[Path]:
    roots = [folder / name for name in RUNNER_SOURCES] if folder == HERE else [folder]
    files = [path for root in roots for path in ([root] if root.is_file() else root.rglob("*.py"))]
    return sorted(path for path in files if "__pycache__" not in path.parts)


def _digest(sources: list[Path], world: str, app: str) -> str:
    digest = hashlib.sha256(f"{world} {app}".encode())
    for path in [*sources, *sorted(WIT.glob("*.wit")), HERE / "requirements.txt", PACKAGES, Path(__file__)]:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [output]:
            main(Path(output), *RUNNER)
        case [output, world, folder, app]:
            main(Path(output), world, Path(folder).resolve(), app)
        case _:
            sys.exit(__doc__)
