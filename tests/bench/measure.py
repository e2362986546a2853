"""One process, and what it cost."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

#: Seconds between two looks at a process's memory.
LOOK = 0.005


@dataclass
class Cost:
    """What a process cost."""

    seconds: float
    #: Seconds of the processor, in all threads.
    cpu: float
    #: The most memory that it held, in MiB.
    peak: float
    #: What it printed.
    text: str


def cost(command: list[str], env: dict[str, str]) -> Cost:
    """Run a command to its end. It must end well."""
    with tempfile.TemporaryFile() as printed, tempfile.TemporaryFile() as told:
        started = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printed, stderr=told, env=env)
        peak = 0.0
        # Asked while it runs: what the kernel tells afterwards counts this program's memory too.
        while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            peak = max(peak, high_water(process.pid))
            time.sleep(LOOK)
        seconds = time.monotonic() - started
        _, status, usage = ended
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        told.seek(0)
        text = printed.read().decode()
        if process.returncode != 0:
            raise RuntimeError(f"{command[:2]} ended with {process.returncode}: "
                               f"{text[-2000:]}{told.read().decode()[-2000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, peak, text)


def high_water(pid: int) -> float:
    """The most memory that a process held so far, in MiB."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0")
    return int(line.split()[1]) / 1024
