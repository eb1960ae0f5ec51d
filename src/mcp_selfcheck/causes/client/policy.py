"""Why the client itself keeps the server out."""

from __future__ import annotations

from ...facts.config import ConfigFacts
from ...model import Confirm, Proof, Trace, cause

_LIST = Confirm("list_servers", {})


@cause(
    "client-policy",
    "client-policy",
    title="A policy of the client keeps this server out",
    means="The client obeys a settings file that names which servers may be used. This one is not allowed by it, so it is "
    "never started, whatever the entry says.",
    who="network_admin",
    fix="Ask whoever maintains {file} to allow this server, or take the rule out if the file is yours.",
    over=("config-disabled", "config-pending-approval"),
    confirm_with=_LIST,
)
def client_policy(t: Trace) -> Proof | None:
    f = t.get(ConfigFacts)
    found = f.stops("policy") if f is not None else None
    if f is None or found is None:
        return None
    text = f"{found.where}: {found.detail}."
    return Proof(text, ("config.seen[policy]",), {"file": found.where})


@cause(
    "client-inspector-token",
    "client-policy",
    title="The Inspector's page was opened without its token",
    means="The MCP Inspector protects its local proxy with a token that stands in the address it prints. Without it the proxy "
    "answers 401, and the server is not the cause.",
    who="you",
    fix="Open the address that the Inspector printed, with MCP_PROXY_AUTH_TOKEN in it.",
    confirm_with=Confirm("check_port", {"port": "6277"}),
    exempt="the Inspector's page runs in a browser",
)
def inspector_token(t: Trace) -> Proof | None:
    return None


@cause(
    "client-ignores-config",
    "client-policy",
    title="The client has not loaded a file that is right",
    means="The entry is valid and stands where the client reads, but the running client took its settings from before.",
    who="you",
    fix="Quit the client completely, start it again, and look into its log for the server's name.",
    confirm_with=_LIST,
    exempt="needs a running client",
)
def ignores_config(t: Trace) -> Proof | None:
    return None
