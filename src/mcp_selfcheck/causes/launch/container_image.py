"""Why the image of a container is not had."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts
from ...facts.said import quoted
from ...model import Confirm, Proof, Trace, cause

_WORDS = (
    (re.compile(r"pull access denied for ([^\s,]+)"), "the registry has no such image, or wants a login for it"),
    (re.compile(r"manifest for (\S+) not found"), "the image has no such tag"),
    (re.compile(r"manifest unknown|no matching manifest|not found: manifest unknown"), "the image has no such tag or platform"),
    (re.compile(r"repository (\S+) not found"), "the registry has no such image"),
    (re.compile(r"unauthorized: (?:authentication required|incorrect username|your|access)[^\n]*"), "the stored login was refused"),
    (re.compile(r"(?:invalid reference format)(?:: (repository name \([^)]*\) must be lowercase))?"), "this is not an image name"),
    (re.compile(r"No such image: (\S+)|Unable to find image '([^']+)' locally\s*(?:docker: )?Error"), "the image is not here"),
    (re.compile(r"failed to resolve reference \"([^\"]+)\""), "the registry has no such image or tag"),
    (re.compile(r"(?:initializing source|reading manifest) \S*?//?(\S+?): .*(?:denied|unknown|not found)"), "the registry has no such image or tag"),
)  # fmt: skip


@cause(
    "launch-docker-image",
    "container-image",
    title="The image of the container cannot be had",
    means="The engine has no image of this name and did not get it from the registry: the name lacks its registry, the tag "
    "does not exist, or a stored login is refused.",
    who="you",
    fix="Correct the image name {image}: full name with registry, and a tag that exists. When the name is right, docker "
    "logout removes an expired login.",
    commands=["docker pull {image}"],
    over=("launch-docker-not-interactive", "launch-usage-error"),
    confirm_with=Confirm("diagnose", {}),
)
def docker_image(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.died or "image" not in f.asked:
        return None
    for pattern, meaning in _WORDS:
        m = pattern.search(f.run.stderr)
        if m:
            image = f.asked["image"]
            said = quoted(f.run.stderr, re.escape(m[0].splitlines()[-1][:60])) or m[0]
            text = f"The image {image}: {meaning}. “{said[:180]}”"
            return Proof(text, ("launch.asked[image]", "launch.run.stderr"), {"image": image})
    return None
