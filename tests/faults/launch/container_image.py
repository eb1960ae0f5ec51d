"""Images that an engine does not get: the real docker client and an engine without images."""

from __future__ import annotations

import sys
from typing import Any

from tests.lab import ROOT, Lab, fault


def _engine(lab: Lab, status: int, message: str) -> dict[str, str]:
    socket = f"{lab.tmp}/e.sock"
    lab.start(sys.executable, str(ROOT / "tests" / "engine.py"), socket, str(status), message, says="ready")
    return {"DOCKER_HOST": f"unix://{socket}", "DOCKER_CONFIG": str(lab.home)}


@fault("launch-docker-image", needs=("docker",))
def image_not_in_the_registry(lab: Lab) -> dict[str, Any]:
    lab.must_show("acme/weather-mcp", "pull access denied")
    message = "pull access denied for acme/weather-mcp, repository does not exist or may require 'docker login'"
    return lab.stdio("docker", "run", "-i", "--rm", "acme/weather-mcp", env=_engine(lab, 404, message))


@fault("launch-docker-image", needs=("docker",))
def tag_not_there(lab: Lab) -> dict[str, Any]:
    lab.must_show("acme/weather:9.9", "manifest")
    message = "manifest for acme/weather:9.9 not found: manifest unknown: manifest unknown"
    return lab.stdio("docker", "run", "--rm", "-i", "acme/weather:9.9", env=_engine(lab, 404, message))


@fault("launch-docker-image", needs=("docker",))
def upper_case_name(lab: Lab) -> dict[str, Any]:
    lab.must_show("Acme/Weather")
    return lab.stdio("docker", "run", "-i", "--rm", "Acme/Weather", env=_engine(lab, 404, "never asked"))
