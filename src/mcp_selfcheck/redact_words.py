"""Ordinary words and ordinary values: what says nothing secret, although somebody may use it as a password.

A secret that is one of these words is hidden where it stands alone as a value. Starring it everywhere would make a
report useless ("connect to ***:5432 refused") and would tell nobody less.
"""

from __future__ import annotations

import re

_WORDS = """
    able about abort aborted accept accepted access account action address admin administrator after again agent alias
    allow allowed already always anthropic anonymous another answer application array asset assert async attempt
    authentication authorization auto available await back backend backup banner base basic batch bearer before begin
    binary block body boolean both branch bridge broken browser bucket buffer build bundle button bytes cache calendar
    call called callback cancel cannot case cause certificate change changed changeme channel character check child
    chunk class claude clean client clients clock close closed cloud cluster code color column command comment commit
    community company compile complete component config configuration configured confirm connect connected connecting
    connection console constant container content context control conversation cookie copy core correct could count
    create created credential credentials current cursor custom daemon data database date debug default define delay
    delete demo denied deploy describe description desktop detail develop developer development device diagnose dialog
    direct directory disable disabled disconnect discover docker document domain does done down download driver during
    dynamic each edit editor element email empty enable enabled encoding endpoint engine enter entry environment error
    errors escape event every example exception execute executable exit exited expected expire expired export external
    extension failed failure false fatal feature fetch field figma file files filesystem filter finish firefox first
    flag flags folder force forbidden foreign format found frame framework free from front function gateway general
    generic github gitlab given global google grant grep group guest handle handler handshake have header headers
    health healthy hello help helper here hidden history home host hosts html http https icon ident identifier ignore
    image import inactive include index info init initialize initialized input inputs inspector install installed
    instance integer internal invalid issue item java javascript jetbrains jira json kernel keys kill kind lang
    language last launch layer length level library limit line linear lines link linux list listen listening live load
    loading local localhost location lock login logs long loop macos machine main manager master match maximum meaning
    memory memcached message messages method minimum missing mode model modelcontextprotocol module modules mongo
    mongodb monitor more mount move must mysql name names native need network never next node none normal note nothing
    notice notification notion null number oauth object offline open openai opened operation option optional oracle
    order organization origin other output owner package packages page params parent parse parser part password
    passwords path pattern pending perform permission permissions person phone pipe placeholder plain platform play
    playwright plugin point policy pool port ports position postgres postgresql preview prefix print private probe
    problem process production profile program project prompt prompts property protocol provider proxy public puppeteer
    push python query queue quit rabbitmq random range rate read reader readonly ready reason receive record redis
    redirect refuse refused register registry reject rejected release reload remote remove render report repository
    request requests require required reset resolve resource resources response rest restart result results retry
    return right role root route router rows rule rules runtime running safari same sample sandbox schema scope script
    scripts search secret secrets section secure security select sensitive sentry sequential server serverless servers
    service services session sessions setting settings setup shared shell should show signal signature silent simple
    single site size slack socket software some source spawn spring sqlite stack staging start started starting state
    status stderr stdin stdio stdout step stop stopped storage store stream streamable string strict stripe structure
    success such supabase support supported surface switch symbol syntax system table tables target task team template
    temp temporary terminal test testing tests text that their then there these thinking this thread time timeout
    title token tokens tool tools trace traceback traffic transport true type types typescript ubuntu unable undefined
    unexpected unexplained unhandled union unique unix unknown unless until update upload upstream usage user username
    users using utils valid value values variable variables vendor verbose verify version versions view virtual visible
    volume wait waiting warn warning watch weather webhook welcome were what when where which while white windows with
    within without word words work worker working workspace world would write writing wrong yaml your zero zone
    letmein qwerty dragon monkey passw0rd password1 admin123 test123 secret123 demo123 guest123
"""
ORDINARY = frozenset(_WORDS.split())

_PLAIN = re.compile(
    r"(?i)^(true|false|yes|no|on|off|null|none|[-+]?\d{1,7}(\.\d+)?|localhost(:\d+)?|production|development|staging|"
    r"[a-z]{2}_[A-Z]{2}(\.utf-?8)?|c\.utf-?8|\d{1,3}(\.\d{1,3}){3}(:\d+)?|v?\d+(\.\d+){1,3}|\d{1,6} ?(ms|s|m|h|d|k|kb|mb|gb)|"
    r"(utf|utf-|iso-|us-)[\w-]{1,12}|[a-z]{2}(-[a-z]+){1,2}-\d{1,2}|\d{4}-\d\d-\d\d|xterm(-\w+)?|"
    r"application/[a-z+.-]+|text/[a-z+.-]+|\*/\*|(application/json, ?)?text/event-stream)$"
)
_NUMBER = re.compile(r"(?i)^\d+ ?(?:ms|s|m|h|d|k|kb|mb|gb)?$")
_PATH_LIKE = re.compile(
    r"^(~|\.{1,2})?(/[\w.@ +,~-]*)+(:(~|\.)?(/[\w.@ +,~-]*)+)*$|^[A-Za-z]:[\\/][^\n\"]*$|^\\\\[^\n\"]*$"
)
_HOST = re.compile(r"(?i)^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}\.?(?::\d{1,5})?$")
_SEPARATORS = re.compile(r"[\s._:/,@-]+")


def is_plain(value: str) -> bool:
    """A value that says nothing secret by its form: a flag, a small number, an address, a region, a media type."""
    return bool(_PLAIN.match(value))


def is_number(value: str) -> bool:
    """A number, with its unit or without: ordinary, unless the place where it stands is one for secrets (a PIN, 937d)."""
    return bool(_NUMBER.match(value))


def is_path(value: str) -> bool:
    return bool(_PATH_LIKE.match(value))


def is_host(value: str) -> bool:
    return bool(_HOST.match(value))


def is_wordy(value: str) -> bool:
    """Whether a value is made of ordinary words alone."""
    parts = [p for p in _SEPARATORS.split(value.lower()) if p]
    return bool(parts) and all(p in ORDINARY for p in parts)
