"""Why a server that did start ends before it answers."""

from __future__ import annotations

import re

from ...facts.launch import CONTROL, LaunchFacts
from ...model import Confirm, Proof, Trace, cause

_NO_MEMORY = re.compile(
    r"(?m:^)[^\n]*(?:heap out of memory|Reached heap limit|Allocation failed - |MemoryError\b|java\.lang\.OutOfMemoryError|"
    r"std::bad_alloc|memory allocation of \d+ bytes failed|out of memory\b|Cannot allocate memory|ENOMEM|OutOfMemory|"
    r"Allowed memory size of \d+ bytes exhausted|failed to allocate memory|oom-kill|Killed process)[^\n]*",
    re.IGNORECASE,
)


@cause(
    "launch-out-of-memory", "server-crash",
    title="The server runs out of memory",
    means="The server asked for more memory than it may have, or than the computer has, and was ended before it answered.",
    who="you",
    fix="Raise its limit (for Node.js --max-old-space-size, for a container --memory), or give it less to load.",
    commands=["ulimit -a"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def out_of_memory(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.failed:
        return None
    heard, sure = f.find(_NO_MEMORY)
    if heard is not None and f.run.exit_code != 0:
        return Proof(f"“{' '.join(heard[0].split())[:240]}”; the start {f.ending}.", f.cites(), confidence=sure)
    if f.run.spawn_error == "ENOMEM":
        return Proof("The operating system has no memory for another process (ENOMEM).", f.cites())
    key = "kills for want of memory meanwhile"
    if f.asked.get(key):
        text = f"The start {f.ending}, and the kernel ended a process for want of memory at that time."
        return Proof(text, f.cites(f"launch.asked[{key}]"))
    return None


_HELPER = re.compile(
    r"(?m:^)[^\n]*(?:browserType\.\w+: Executable doesn't exist|Executable doesn't exist at|npx playwright install|playwright install|"
    r"Chromium distribution '[^']+' is not found|Could not find (?:Chrome|Chromium|browser|Firefox)|Failed to launch the browser process|"
    r"browser was not found at|puppeteer browsers install|(?:chromedriver|geckodriver)[^\n]{0,40}(?:needs to be|not found|in PATH)|"
    r"Unable to obtain driver|cannot find (?:Chrome|Firefox|Edge) binary|No usable (?:sandbox|browser)|"
    r"(?:ffmpeg|ffprobe|pandoc|tesseract|pdftotext|poppler|rg|ripgrep|psql|adb|kubectl|terraform|gh|graphviz|dot|magick|libreoffice|"
    r"soffice|gcloud|aws|az|helm|sqlite3|redis-server|jq|exiftool|wkhtmltopdf)\b[`'\"]? (?:is |was )?(?:not (?:found|installed|available|"
    r"in (?:your |the )?PATH|on (?:your |the )?PATH)|(?:is )?missing|could not be found|must be installed|needs to be installed|is required)|"
    r"(?:please install|install|requires?|could not find|cannot find|unable to find|missing)[^\n]{0,40}\b(?:ffmpeg|pandoc|tesseract|poppler|ripgrep|"
    r"kubectl|graphviz|imagemagick|libreoffice|Chrome|Chromium|chromedriver|geckodriver|wkhtmltopdf|gcloud|terraform)\b|"
    r"TesseractNotFoundError|PDFInfoNotInstalledError|ExecutableNotFound|No wkhtmltopdf executable found|No pandoc was found)[^\n]*"
)


@cause(
    "launch-helper-missing", "server-crash",
    title="A program that the server needs is not installed",
    means="The server uses another program (a browser, a driver, a converter). That one is not installed, or not where the "
    "server looks, so it ends.",
    who="you",
    fix="Install {helper}{by}.",
    commands=["{command:words}"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def helper_missing(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.died or f.run.exit_code == 0:
        return None
    for h in f.helpers:
        if (
            h.why == "named in the error"
            and h.name != "git"
            and not (h.on_client_path or h.on_terminal_path or h.installed_at)
        ):
            if f.run.exit_code == 127 and f.launcher not in ("npx", "npm", "node", "python", "uvx", "uv run", "java"):
                continue
            if h.name in ("node", "npx", "uv", "uvx", "python", "python3") or re.search(r"\.\w+$", h.name):
                continue
            if re.search(rf"\b{re.escape(h.name)}: (?:command )?not found", f.words) and f.launcher in ("npx", "npm"):
                continue  # the package's own program: another family
            text = f"The server wants to run {h.name}, which is on no PATH of this computer; the start {f.ending}."
            return Proof(text, f.cites(f"launch.helpers[{h.name}].why"), _install(h.name, f.words))
    heard, sure = f.find(_HELPER)
    if heard is None:
        return None
    said = " ".join(heard[0].split())
    name = re.search(
        r"chrom\w+|firefox|geckodriver|ffmpeg|ffprobe|pandoc|tesseract|poppler|ripgrep|\brg\b|kubectl|graphviz|"
        r"wkhtmltopdf|terraform|gcloud|imagemagick|libreoffice|psql|adb|\bgh\b|exiftool|playwright|puppeteer|browser", said, re.IGNORECASE,
    )  # fmt: skip
    return Proof(
        f"“{said[:240]}”; the start {f.ending}.",
        f.cites(),
        _install(name[0] if name else "", f.words),
        confidence=sure,
    )


# The command that fetches a browser for the library which misses it, by the words of that library.
_BROWSERS = (
    (r"playwright|browserType\.", "npx playwright install {}", "playwright install {}"),
    (
        r"puppeteer|Could not find Chrom\w+ \(ver",
        "npx puppeteer browsers install {}",
        "npx puppeteer browsers install {}",
    ),
)
_ENGINES = ("chromium", "firefox", "webkit", "chrome")


def _install(name: str, words: str) -> dict[str, str]:
    """The values for the fix: what to install, by which command where the program's own words tell the library."""
    for pattern, node, python in _BROWSERS:
        if re.search(pattern, words):
            engine = next((e for e in _ENGINES if re.search(rf"(?:/|\b){e}", words, re.IGNORECASE)), "")
            command = (python if "Traceback" in words or ".py" in words else node).format(engine).strip()
            return {
                "helper": engine or "its browser",
                "by": f" for the library that drives it: {command}",
                "command": command,
            }
    return {"helper": name or "what it names", "by": "", "command": f"command -v {name}" if name else "echo $PATH"}


@cause(
    "launch-crashed", "server-crash",
    title="The server ends before it answers",
    means="The server was started and ended before it answered the first message. What it printed last tells why.",
    who="server_author",
    fix="Read what it printed; start the same command in a terminal to see all of it.",
    general=True,
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def crashed(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or f.run is None or not f.died:
        return None
    if f.run.exit_code == 0 and not f.words:
        return None
    text = f"It {f.ending} before it answered{_last(f.words)}."
    if f.unsteady:
        again = f"launch.reruns[{CONTROL}].answered"
        return Proof(f"{text} The same start a second time was answered: it fails only sometimes.", f.cites(again))
    return Proof(text, f.cites())


_ERROR = re.compile(
    r"^(?:[\w.]*(?:Error|Exception|Exit|panic|Panic|FATAL|fatal)\b[^\n]*|Error: [^\n]+|thread '[^\n]+panicked[^\n]*)$",
    re.MULTILINE,
)


def _last(text: str) -> str:
    """The last line that reads like an error, or the last line."""
    errors = _ERROR.findall(text)
    lines = [
        x for x in text.splitlines() if x.strip() and not x.startswith(("Node.js v", "    at ", "npm error A complete"))
    ]
    said = errors[-1] if errors else lines[-1] if lines else ""
    return f"; it said “{said.strip()[:240]}”" if said else " and said nothing"
