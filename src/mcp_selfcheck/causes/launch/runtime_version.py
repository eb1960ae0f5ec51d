"""Which runtime really runs the server, and whether it is the one that it was made for."""

from __future__ import annotations

import re

from ...facts.launch import LaunchFacts
from ...facts.said import flat
from ...model import Confirm, Proof, Trace, cause

Version = tuple[int, ...]

# What came with which Node.js (nodejs.org/api, "Added in"; node.green).
_NODE_NEWS: tuple[tuple[str, Version], ...] = (
    (r"Promise\.withResolvers is not a function|\.withResolvers is not a function", (22,)),
    (r"Set\.prototype|\.(?:union|intersection|difference|isSubsetOf) is not a function", (22,)),
    (r"\.(?:values|keys|entries)\(\.\.\.\)\.(?:map|filter|toArray)\b[^\n]{0,40} is not a function", (22,)),
    (r"(?:Object|Map)\.groupBy is not a function|Array\.fromAsync is not a function", (21,)),
    (r"No such built-in module: node:sqlite|ERR_UNKNOWN_BUILTIN_MODULE[^\n]*sqlite", (22, 5)),
    (r"No such built-in module: node:(?:test|sea)\b", (18,)),
    (r"\.(?:toSorted|toReversed|toSpliced|with) is not a function", (20,)),
    (r"\b(?:File) is not defined", (20,)),
    (r"\bWebSocket is not defined", (22,)),
    (r"\bnavigator is not defined", (21,)),
    (r"\bCustomEvent is not defined", (19,)),
    (r"\b(?:fetch|Headers|Request|Response|FormData|ReadableStream|TransformStream) is not defined", (18,)),
    (r"\bstructuredClone is not (?:defined|a function)", (17,)),
    (r"\.findLast(?:Index)? is not a function|Object\.hasOwn is not a function|\.at is not a function", (18,)),
    (r"process\.loadEnvFile is not a function", (20, 12)),
    (r"parseEnv is not a function|styleText is not a function|'node:util' does not provide an export named '(?:parseEnv|styleText)'", (20, 12)),
    (r"URL\.(?:canParse|parse) is not a function", (20,)),
    (r"crypto\.hash is not a function|'node:crypto' does not provide an export named 'hash'", (20, 12)),
    (r"AbortSignal\.any is not a function", (20, 3)),
    (r"RegExp\.escape is not a function|Iterator\.prototype|Error\.isError is not a function|Float16Array is not defined", (24,)),
    (r"SyntaxError: Unexpected token '?(?:\|\|=|&&=|\?\?=)'?", (15,)),
    (r"SyntaxError: Unexpected token '?(?:\?\.?|\.)'?\s", (14,)),
    (r"SyntaxError: Unexpected (?:identifier|token|strict mode reserved word) ?'?(?:using|with)\b", (20, 10)),
    (r"bad option: (?:--env-file\b|--import\b|--watch\b)", (20, 6)),
    (r"bad option: --experimental-strip-types|Unknown file extension \"\.ts\"", (22, 6)),
)  # fmt: skip


def version(text: str) -> Version:
    """The numbers of a version: `v20.1.0` is (20, 1, 0)."""
    found = re.search(r"\d+(?:\.\d+){0,3}", text)
    return tuple(int(x) for x in found[0].split(".")) if found else ()


def satisfies(have: Version, wanted: str) -> bool | None:
    """Whether a version meets an npm range or a PEP 440 specifier; None when the range is not understood."""
    results = [_all(have, part) for part in re.split(r"\|\|", wanted)]
    if not results or None in results:
        return None
    return any(results)


def _all(have: Version, part: str) -> bool | None:
    part = re.sub(r"(\d\S*)\s+-\s+(\d\S*)", r">=\1 <=\2", part.strip())
    words = re.findall(r"(>=|<=|~=|==|!=|[<>^~=]?)\s*v?(\d+(?:\.(?:\d+|[x*X]))*)", part)
    if not words:
        return True if part in ("", "*", "x") else None
    results = [_one(have, op, number) for op, number in words]
    return all(results)


def _one(have: Version, op: str, number: str) -> bool:
    fixed = tuple(int(x) for x in number.split(".") if x.isdigit())
    short = have[: len(fixed)]
    if op == ">=":
        return have >= fixed
    if op == ">":
        return short > fixed
    if op == "<":
        return have < fixed
    if op == "<=":
        return short <= fixed
    if op == "!=":
        return short != fixed
    if op in ("^", "~=", "~"):
        same = fixed[:1] if op == "^" else fixed[:-1] if op == "~=" and len(fixed) > 1 else fixed[:2]
        return have >= fixed and have[: len(same)] == same
    return short == fixed


def _dots(v: Version) -> str:
    return ".".join(str(x) for x in v)


_NODE_WORDS = re.compile(
    r"SyntaxError|ReferenceError|TypeError|ERR_REQUIRE_ESM|ERR_UNKNOWN_BUILTIN_MODULE|EBADENGINE|Unsupported engine|bad option|"
    r"import statement outside a module|requires? [Nn]ode|[Nn]ode(?:\.js)? (?:version|v?\d+)|[Nn]ode(?:\.js)? >= ?v?\d+"
)
_NODE_ASKS = re.compile(
    r"(?:requires?|needs?|must be|at least|minimum|upgrade to|supports?|only)[^\n]{0,40}[Nn]ode(?:\.?js)?(?: version)?[^\n\d]{0,12}v?(?P<a>\d+(?:\.\d+)*)"
    r"|[Nn]ode(?:\.?js)?(?: version)?:? ?(?:>=|v)? ?v?(?P<b>\d+(?:\.\d+)*)(?:\+| or (?:higher|newer|later|above|greater)| (?:is )?required)"
    r"|wanted: \{[^}\n]*node\W+(?P<c>[^'\"}\n]+)"
)


@cause(
    "launch-node-too-old", "runtime-version",
    title="The Node.js that runs it is too old",
    means="The server needs a newer Node.js than the one that the client's PATH leads to. Version managers keep several, and a "
    "client may find another one than a terminal does.",
    who="you",
    fix="Write the path of a Node.js {wanted} into \"command\", or install one.",
    commands=["{node} --version"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def node_too_old(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.died:
        return None
    have = version(f.versions.get("node", "")) or _spoken(f.words)
    if not have:
        return None
    shown = _dots(have)
    cites = ["launch.versions[node]"] if "node" in f.versions else []
    values = {"node": f.asked.get("node", "node")}
    engines = f.asked.get("engines.node", "")
    if (
        engines
        and satisfies(have, engines) is False
        and have < (version(engines) or have)
        and _NODE_WORDS.search(f.words)
    ):
        text = f"Node.js {shown} runs it ({values['node']}); its package.json asks for {engines}. It {f.ending}."
        return Proof(text, f.cites(*cites, "launch.asked[engines.node]"), {**values, "wanted": engines})
    for pattern, since in _NODE_NEWS:
        heard = re.search(rf"[^\n]*(?:{pattern})[^\n]*", f.words)
        if heard is not None and have < since:
            text = (
                f"Node.js {shown} runs it; “{' '.join(heard[0].split())[:160]}”: that came with Node.js {_dots(since)}."
            )
            return Proof(text, f.cites(*cites), {**values, "wanted": f"{_dots(since)} or later"})
    asks, sure = f.find(_NODE_ASKS)
    wanted = next((v for v in asks.groups() if v), "") if asks else ""
    if asks and version(wanted) > have:
        text = f"Node.js {shown} runs it; “{' '.join(asks[0].split())}”."
        return Proof(text, f.cites(*cites), {**values, "wanted": f"{_dots(version(wanted))} or later"}, confidence=sure)
    return None


def _spoken(text: str) -> Version:
    found = re.search(r"^Node\.js (v\d+\.\d+\.\d+)", text, re.MULTILINE)
    return version(found[1]) if found else ()


# What came with which Python (docs.python.org, whatsnew).
_PYTHON_NEWS: tuple[tuple[str, Version], ...] = (
    (r"No module named '?tomllib", (3, 11)), (r"No module named '?zoneinfo|No module named '?graphlib", (3, 9)),
    (r"No module named '?(?:dataclasses|contextvars)|No module named '?importlib\.resources", (3, 7)),
    (r"No module named '?importlib\.metadata", (3, 8)),
    (r"module 'asyncio' has no attribute '(?:TaskGroup|timeout|Runner)'", (3, 11)),
    (r"module 'asyncio' has no attribute '(?:to_thread)'", (3, 9)),
    (r"module 'asyncio' has no attribute '(?:run|create_task)'", (3, 7)),
    (r"name '(?:ExceptionGroup|BaseExceptionGroup)' is not defined", (3, 11)),
    (r"unsupported operand type\(s\) for \|: '(?:type|NoneType|ABCMeta|_GenericAlias|_UnionGenericAlias|_SpecialForm)'", (3, 10)),
    (r"'(?:type|ABCMeta|builtin_function_or_method)' object is not subscriptable", (3, 9)),
    (r"cannot import name '(?:Self|Never|LiteralString|Required|NotRequired|assert_never|reveal_type|Unpack|TypeVarTuple|StrEnum|UTC)'", (3, 11)),
    (r"cannot import name '(?:override|TypeAliasType|batched)'", (3, 12)), (r"cannot import name '(?:TypeIs|ReadOnly|NoDefault)'", (3, 13)),
    (r"cannot import name '(?:ParamSpec|TypeAlias|Concatenate|TypeGuard|pairwise|EllipsisType|NoneType|UnionType)'", (3, 10)),
    (r"cannot import name '(?:Annotated|cache)'", (3, 9)),
    (r"cannot import name '(?:Literal|Protocol|TypedDict|Final|final|runtime_checkable|cached_property)'", (3, 8)),
    (r"got an unexpected keyword argument '(?:slots|kw_only)'", (3, 10)),
    (r"'str' object has no attribute 'remove(?:prefix|suffix)'", (3, 9)),
    (r"datetime\.datetime' has no attribute 'UTC'|module 'datetime' has no attribute 'UTC'", (3, 11)),
    (r"unsupported operand type\(s\) for \|=?: '(?:dict|defaultdict|OrderedDict|collections\.\w+)' and '", (3, 9)),
    (r"zip\(\) takes no keyword arguments", (3, 10)),
)  # fmt: skip
_PYTHON_ASKS = re.compile(
    r"(?:requires?|needs?|must be|at least|minimum|upgrade to|does not satisfy|depends on|use|only)[^\n]{0,40}[Pp]ython(?: version)?[^\n\d]{0,8}(?P<a>3\.\d+)"
    r"|[Pp]ython:? ?(?:>=)? ?(?P<b>3\.\d+)(?:\+| or (?:higher|newer|later|above|greater)| (?:is )?required)"
    r"|requires a different Python: [\d.]+ not in '(?P<c>[^'\n]+)'|Requires-Python (?P<d>[^;\n]+)"
    r"|incompatible with the project's Python requirement: `(?P<e>[^`]+)`"
)


@cause(
    "launch-python-too-old", "runtime-version",
    title="The Python that runs it is too old",
    means="The server, or a package that it needs, asks for a newer Python than the one that runs it. The MCP SDK for Python "
    "needs 3.10.",
    who="you",
    fix="Start it with Python {wanted}.",
    commands=["{python} --version"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def python_too_old(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.died:
        return None
    used = f.asked.get("python", "")
    have = version(f.versions.get(used, ""))
    cites = [f"launch.versions[{used}]"] if have else []
    values = {"python": used or "python"}
    if have:
        for pattern, since in _PYTHON_NEWS:
            heard = re.search(rf"[^\n]*(?:{pattern})[^\n]*", f.words)
            if heard is not None and have < since:
                text = f"Python {_dots(have)} runs it; “{' '.join(heard[0].split())[:160]}”: that came with Python {_dots(since)}."
                return Proof(text, f.cites(*cites), {**values, "wanted": f"{_dots(since)} or later"})
        newer = f.asked.get("file of the syntax error")
        if newer and f.asked.get("parses with a newer Python") == "yes":
            came_with = f.asked.get("syntax came with", "3.11")
            text = f"Python {_dots(have)} runs it and finds a syntax error in {newer}, which a newer Python reads without one."
            return Proof(
                text,
                f.cites(*cites, "launch.asked[parses with a newer Python]"),
                {**values, "wanted": f"{came_with} or later"},
            )
        came = version(f.asked.get("syntax came with", ""))
        if newer and came and have < came:
            text = f"Python {_dots(have)} runs it and finds a syntax error in {newer}: that syntax came with Python {_dots(came)}."
            return Proof(
                text, f.cites(*cites, "launch.asked[syntax came with]"), {**values, "wanted": f"{_dots(came)} or later"}
            )
        wanted = f.asked.get("requires-python", "")
        words = re.search(
            r"SyntaxError|ImportError|ModuleNotFoundError|TypeError|AttributeError|NameError|requires?", f.words
        )
        if wanted and satisfies(have, wanted.replace(",", " ")) is False and have < version(wanted) and words:
            text = f"Python {_dots(have)} runs it; its pyproject.toml asks for {wanted}. It {f.ending}."
            return Proof(text, f.cites(*cites, "launch.asked[requires-python]"), {**values, "wanted": wanted})
    heard = _PYTHON_ASKS.search(f.words) or _PYTHON_ASKS.search(flat(f.words))
    asks = next((v for v in heard.groups() if v), "") if heard else ""
    if heard and version(asks) and (not have or have < version(asks)):
        said = " ".join(heard[0].split())
        uv = re.search(
            r"interpreter (?:resolved to|at [^\n]{1,200}?is|is) Python (\d+\.\d+(?:\.\d+)?)|uses? Python (\d+\.\d+\.\d+)",
            flat(f.words),
        )
        told = version(next((v for v in uv.groups() if v), "")) if uv and not have else ()
        have = have or told
        by = f"Python {_dots(have)} runs it; " if have else ""
        return Proof(
            f"{by}“{said}”.",
            f.cites(*cites),
            {**values, "wanted": asks.strip()},
            confidence="proven" if have else "likely",
        )
    return None


_NATIVE = re.compile(
    r"(?m:^)[^\n]*(?:was compiled against a different Node\.js version|NODE_MODULE_VERSION \d+|invalid ELF header|"
    r"Module did not self-register|undefined symbol: _?(?:Py|node|v8|_ZN2v8|napi)\w*|Error loading shared library[^\n]*\.node|"
    r"ERR_DLOPEN_FAILED|Importing the numpy C-extensions failed|incompatible architecture \(have|mach-o, but wrong architecture|"
    r"Could not locate the bindings file)[^\n]*"
)


@cause(
    "launch-native-module", "runtime-version",
    title="A compiled module was built for another runtime",
    means="The server loads a module of machine code that was installed with another version of Node.js or Python, or on "
    "another system, than the one that runs it now.",
    who="you",
    fix="Install the dependencies again with the runtime that runs the server (npm rebuild, or a new virtual environment).",
    commands=["npm rebuild"],
    confirm_with=Confirm("diagnose", {}),
)  # fmt: skip
def native_module(t: Trace) -> Proof | None:
    f = t.get(LaunchFacts)
    if f is None or not f.died:
        return None
    heard, sure = f.find(_NATIVE)
    if heard is None:
        return None
    return Proof(f"“{' '.join(heard[0].split())[:240]}”; the start {f.ending}.", f.cites(), confidence=sure)
