"""Whether the login comes back to the client."""

from ...model import Proof, Says, Trace, cause


@cause(
    "auth-redirect-uri", "oauth-redirect",
    title="The login is refused for its redirect URI",
    means=(
        "After a login the browser returns to an address of the client. The authorization server compares it by the letter "
        "with those that were registered: localhost and 127.0.0.1 differ, and so do ports and paths."
    ),
    who="you",
    fix="Register exactly the redirect URI that the client uses, or fix the client's callback port.",
    says=[
        Says(r"redirect[_ ]ur[il] (?:provided )?(?:mismatch|does not match|is not (?:registered|allowed)|is invalid)", 3),
        Says(r"redirect_uri_mismatch|Invalid redirect[_ ]URI", 3),
    ],
    exempt="it shows in a browser, during a login; a diagnosis does not log in",
)  # fmt: skip
def redirect_uri(t: Trace) -> Proof | None:
    return None
