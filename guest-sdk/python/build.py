"""Builds the Python runner: `python build.py OUTPUT.wasm`."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WIT = HERE.parents[1] / "wit"
WORLD = "runner"
APP = "runner.app"
SOURCES = ("runner", "tidegate.py")
# Beside this interpreter first: `venv/bin/python build.py` needs no activation.
BESIDE = Path(sys.executable).with_name("componentize-py")


def main(output: Path) -> None:
    """Writes the component to `output`, whatever the current folder is."""
    tool = str(BESIDE) if BESIDE.exists() else "componentize-py"
    output = output.resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        # A copy, since the interpreter in Wasm leaves its __pycache__ behind,
        # and what it finds there would make the next build another one.
        for name in SOURCES:
            _copy(HERE / name, Path(folder, name))
        # Never --stub-wasi: with it `time.time()` is a trap.
        command = [tool, "-d", str(WIT), "-w", WORLD, "componentize", "-p", folder, "-o", str(output), APP]
        subprocess.run(command, check=True, cwd=folder)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copyfile(source, target)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python build.py OUTPUT.wasm")
    main(Path(sys.argv[1]))
