"""The package and a program that uses it pass a strict type checker."""

import subprocess
import sys
from pathlib import Path


def test_the_facade_is_typed(tmp_path):
    program = Path(__file__).parent / "typed.py"
    # Answers cross as JSON, so a facade's method returns what its schema promises, unchecked.
    flags = ["--strict", "--no-warn-return-any", "--cache-dir", str(tmp_path)]
    for target in ([str(program)], ["-p", "sisense"]):
        command = [sys.executable, "-m", "mypy", *flags, *target]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
