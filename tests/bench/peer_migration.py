"""The peer's migration in a process of its own: `python peer_migration.py GIVEN.json`.

Prints its seconds and those of the processor as the last line, without the start of Python.
"""

import json
import logging
import os
import sys
import time
from urllib.parse import urlsplit

import yaml
from pysisense import Migration


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    # It writes its log below the working folder.
    os.chdir(given["folder"])
    configs = []
    for number, (url, token) in enumerate(given["places"]):
        configs.append(f"{number}.yaml")
        with open(configs[-1], "w", encoding="utf-8") as file:
            yaml.safe_dump({"domain": urlsplit(url).hostname, "is_ssl": False, "token": token}, file)
    migration = Migration(*configs)
    # It knows one port only.
    for client, (url, _) in zip((migration.source_client, migration.target_client), given["places"]):
        client.base_url = url.rstrip("/")
    logging.getLogger("SisenseClient").setLevel(logging.CRITICAL)
    started, worked = time.monotonic(), time.process_time()
    getattr(migration, given["tool"])(**given["args"])
    print(json.dumps({"seconds": time.monotonic() - started, "cpu": time.process_time() - worked}))


if __name__ == "__main__":
    main()
