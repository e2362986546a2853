"""The peer: pysisense 0.1.3 (Apache-2.0), pointed at the sandbox."""

import contextlib
import logging
import os
import tempfile
from urllib.parse import urlsplit

import yaml
from pysisense import AccessManagement, Dashboard, DataModel, SisenseClient


class Peer:
    """One client per deployment, with the peer's own classes."""

    def __init__(self, url: str, token: str):
        self._folder = tempfile.mkdtemp(prefix="peer-")
        config = os.path.join(self._folder, "config.yaml")
        with open(config, "w", encoding="utf-8") as file:
            yaml.safe_dump({"domain": urlsplit(url).hostname, "is_ssl": False, "token": token}, file)
        # The peer writes its log below the working folder and knows one port only.
        with contextlib.chdir(self._folder):
            client = SisenseClient(config_file=config)
        client.base_url = url.rstrip("/")
        logging.getLogger("SisenseClient").setLevel(logging.CRITICAL)
        self.access = AccessManagement(api_client=client)
        self.dashboard = Dashboard(api_client=client)
        self.datamodel = DataModel(api_client=client)
