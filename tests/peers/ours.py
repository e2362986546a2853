"""Our side: the binary, called as a script would call it."""

import json
import subprocess
import tempfile
import urllib.request


class Sandbox:
    """`fes-mcp sandbox`: one JSON line when ready, then it runs until stopped."""

    def __init__(self, binary: str, *flags: str):
        self._process = subprocess.Popen(
            [binary, "sandbox", *flags], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        line = self._process.stdout.readline()
        self.deployment = json.loads(line)["deployments"][0]
        self.url, self.token = self.deployment["url"], self.deployment["token"]

    def counts(self) -> dict:
        """How much was asked of it so far."""
        with urllib.request.urlopen(f"{self.url}/__sandbox/counts", timeout=30) as answer:
            return json.load(answer)

    def latency(self, ms: int) -> None:
        """Make every answer take at least this long."""
        body = json.dumps({"ms": ms}).encode()
        request = urllib.request.Request(
            f"{self.url}/__sandbox/latency", body, {"content-type": "application/json"}, method="POST")
        urllib.request.urlopen(request, timeout=30).close()

    def counting(self, work):
        """What some work gives, and how many requests it took."""
        before = self.counts()["total"]
        return work(), self.counts()["total"] - before

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)


class Ours:
    """Calls an operation by its id and gives back its result."""

    def __init__(self, binary: str, url: str, token: str):
        self._binary, self._url, self._token = binary, url, token
        self._state = tempfile.TemporaryDirectory(prefix="fes-peers-")

    def call(self, tool: str, args: dict):
        done = subprocess.run(
            [self._binary, "--state-dir", self._state.name,
             "tools", "call", tool, "--args", json.dumps(args), "--json"],
            capture_output=True, text=True, timeout=120, check=False,
            env={"SISENSE_TOKEN": self._token, "SISENSE_URL": self._url},
        )
        try:
            answer = json.loads(done.stdout)
        except json.JSONDecodeError as error:
            raise RuntimeError(f"{tool}: no JSON: {done.stdout!r} {done.stderr!r}") from error
        if not answer.get("ok"):
            raise RuntimeError(f"{tool}: {answer}")
        if answer.get("partial"):
            raise RuntimeError(f"{tool}: only a part: {answer['partial']}")
        return answer["result"]
