"""What a sentence of a refusal complains about, and which names it uses; English mostly, the usual words of ten others.

Words are only a first guess here: what a repair changes is judged by the next answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Literal

Kind = Literal[
    "missing",
    "taken",
    "bounds",
    "choice",
    "reference",
    "format",
    "unknown",
    "media",
    "rank",
    "stale",
    "server",
    "other",
]
"""What is wrong with a value. stale: the request must say which version of the object it changes."""

QUOTED = re.compile(r"[\"'`‘“\[«„]([A-Za-z_$][\w.$\[\]-]*)[\"'`’”\]»“]")
_NAMED = (
    re.compile(r"(?:property|field|parameter|attribute|key|argument|column|campo|feld|champ|path|header|property path):? [\"'`]?([A-Za-z_][\w.-]*)", re.IGNORECASE),
    re.compile(r"(?:missing|empty|required|absent|obligatori[oa]|fehlt)(?: (?:or|and|the|value|is|param\w*|field\w*|key\w*|propert\w+|in|body|request))*: ?[\"'`]?([A-Za-z_][\w.-]*)", re.IGNORECASE),
    re.compile(r"(?:^|: )([A-Za-z]\w*(?:\.\w+)*) (?:is|field|must|can|cannot|should|has|may|es|ist|est|is|e|é|è)\b"),
    re.compile(r"^([A-Za-z_][\w.]*): \S"),
)  # fmt: skip
_HUMAN = re.compile(r"^([A-Z][a-z]+(?: [a-z]+){0,3}) (?:can.?t|cannot|must|is|has|should|may|was|needs)\b")
_NOT_NAMES = frozenset({
    "this", "it", "value", "field", "request", "body", "there", "that", "which", "and", "or", "the", "a", "an", "data", "error",
    "validation", "invalid", "missing", "message", "input", "you", "user", "object", "string", "json", "param", "parameter", "is", "are", "be", "must", "may", "can", "cannot", "should", "has", "have", "not", "required",
})  # fmt: skip
_CLASS = re.compile(r"(java|javax|com|org|net|io|kotlin|System|Newtonsoft|Microsoft)\.\w+\.")
_WHOLE = re.compile(r"failed to convert|parse error|could not be converted", re.IGNORECASE)
"""What says the type in one clause and the name in the next."""
_TYPES = frozenset(
    {"string", "number", "integer", "boolean", "object", "array", "undefined", "null", "json", "body", "request"}
)

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("stale", r"if-match|precondition|\betag\b|optimistic lock"),
    ("format", r"valid \w+ (is )?required|cannot unmarshal|failed to convert|cannot deserialize value of type (?!.*not one of)|could not be converted|(wrong|invalid|these) formats?|was not a file|not a file|cast to \w+ failed|extension\b.* is not allowed|invalid content type"),
    ("unknown", r"should not exist|not allowed(?! to be)|unknown (field|prop|key|param|arg)|unrecogni[sz]ed|unexpected (field|prop|key|param)"
     r"|additional ?propert|extra[_ ](field|input|forbidden)|extra_forbidden|not permitted|is not (a )?(known|supported) (field|prop)|whitelist"),
    ("choice", r"not one of the values|not included in|is not a valid choice|invalid enum|inclusion|received '[^']*'$|expected ('[^']*' \| )+'"),
    ("reference", r"not[_ ]found|is (unknown|not known)\b|(does|do|did)(n.t| not) exist|not exists?\b|no such|could ?n.t find|cannot find|invalid (\w+[_ ])?id\b|unknown (\w+[_ ])?id\b"
     r"|no \w+ (with|for|matches)|foreign key|does not refer|must exist|object does not|invalid (pk|hyperlink)|no existe|no encontrad|nicht gefunden"
     r"|existiert nicht|introuvable|n.existe pas|n[aã]o (encontrad|existe)|non (trovat|esiste)|niet gevonden|bestaat niet|не найден|未找到|不存在|見つかりません"),
    ("taken", r"already|taken|duplicat|in use|must be unique|not unique|unique constraint|exists\b|been used|was used|ya (existe|est[aá])|bereits|schon vergeben"
     r"|d[eé]j[aà] |j[aá] (existe|est[aá])|gi[aà] (in uso|esist)|bestaat al|уже|已存在|既に"),
    ("missing", r"required|missing|mandatory|blank|(must|can|may|should|could)(.?not|n.t) be (null|empty|none|undefined)|not be (null|empty)"
     r"|is empty|to be (null|empty)|(must|has to|should) be (provided|present|supplied|set|given|specified)|not (been )?(provided|supplied|specified|set|present)"
     r"|not submitted|no file was|no \w+ (given|provided|supplied|specified)|must (provide|include|specify|have)(?! (no|at|a m|between|fewer|less|more))|received undefined"
     r"|please (enter|provide|fill)|is (null|undefined)\b|obligatori|obligatoire|obrigat[oó]ri|requerid|requis|erforderlich|pflicht|nicht leer|vide\b|vac[ií]o|vazi[oa]"
     r"|obbligatori|richiest|verplicht|wajib|обязател|必須|必填|不能为空|필수"),
    ("choice", r"\bone of\b|choices?\b|(?<!maximum )(?<!minimum )allowed values?|permitted values?|valid (values|options)|\benum\b|accepted values|must be either"
     r"|equal to one|oneof|input should be '[^']*'(,| or )|invalid option|literal_error|possible values|in the list|einer von|uno de|l.un des"),
    ("bounds", r"at least|at most|\bmin(imum|_length|length)?\b|\bmax(imum|_length|length)?\b|\blength\b|long(er)?\b|short(er)?\b|between|range"
     r"|greater|less|larger|smaller|too (big|small|many|few|high|low|early|late|old|young)|exceed|future|\bpast\b|before|after|later|earlier|positive|negative"
     r"|non-?zero|characters|\b(gt|ge|lt|le|gte|lte)\b|>=|<=|tomorrow|\bsize\b|expired|out of stock|insufficient|not enough|no more than|\d+\.\.\d+"
     r"|mindestens|h[oö]chstens|gr[oö][sß]+er|kleiner|zu (kurz|lang)|mayor|menor|m[aá]ximo|m[ií]nimo|supérieur|inférieur|au moins|au plus|pelo menos|almeno|demasiado"),
    ("format", r"format|valid|must be an?\b|must be (of )?(type|string|number|int|bool|array|object|date)|should be an?\b|not an? |expect|pars(e|ing)|pattern"
     r"|match|malformed|type|contain|only|must (consist|start|end)|illegal|incorrect|wrong|convert|deserializ|coerce|syntax|v[aá]lid|ung[uü]ltig|invalide|ongeldig|невер|无效|不正"),
)  # fmt: skip
_RULES = tuple((kind, re.compile(rule, re.IGNORECASE)) for kind, rule in _KINDS)


def kind_of(text: str) -> Kind:
    """What a message complains about; "other" when it uses none of the usual words."""
    return next((kind for kind, rule in _RULES if rule.search(text)), "other")


def sentences(text: str) -> list[str]:
    """A message taken apart: sentences, lines, and clauses that each begin with a name; at most 40."""
    if _WHOLE.search(text):
        return [text]
    clause = r",\s+(?=[\"'`\w.]+ (?:is|must|should|can)\b)|,\s+(?=\w[\w.]*: )"
    return re.split(r"(?<=[.;!])\s+|\n+|" + clause, text)[:40]


def undeclared(sentence: str, *, snake: bool) -> list[str]:
    """Names that a sentence uses for something nobody has declared: quoted, labelled, or humanized (`Time zone must …`).

    `snake` says how this API spells two words: `time_zone` or `timeZone`.
    """
    told = exact(sentence)
    if told:
        return [told]
    quoted = [name for name in QUOTED.findall(sentence) if name.lower() not in _TYPES]
    found = [name for name in quoted if not _CLASS.match(name)]
    if found:
        return list(dict.fromkeys(found[:1] if kind_of(sentence) == "choice" else found))
    for rule in _NAMED[:2]:
        found = [name.rstrip(".") for name in rule.findall(sentence) if name.lower() not in _NOT_NAMES]
        if found:
            return found[:1]
    human = _HUMAN.match(sentence.strip())
    if human and not set(human.group(1).lower().split()) <= _NOT_NAMES:
        return [spelled(human.group(1), snake=snake)]
    for rule in _NAMED[2:]:
        found = [name for name in rule.findall(sentence) if name.lower() not in _NOT_NAMES]
        if found:
            return found[:1]
    return []


_EXACT = re.compile(
    r"validation for '([\w.]+)' failed|struct field \w+\.([\w.]+)|reference chain: [^\[]*\[\"([\w.]+)\"\]\)?$|Path: \$\.([\w.\[\]]+)"
)
"""Go's validator and decoder, Jackson, System.Text.Json: where each says which field it means."""


def exact(sentence: str) -> str:
    """The field that a sentence of a known form names; empty for any other sentence."""
    found = _EXACT.search(sentence)
    return next((group for group in found.groups() if group), "") if found else ""


_MORE = re.compile(
    r"^(supported|allowed|valid|accepted|available|possible|expected|choices|must be|use)\b", re.IGNORECASE
)


def with_what_follows(parts: list[str]) -> list[str]:
    """Sentences, each with the next where that only goes on: `X is required. Supported versions are: '2'`."""
    found: list[str] = []
    for part in parts:
        if found and _MORE.search(part.strip()):
            found[-1] += " " + part
        else:
            found.append(part)
    return found


def spelled(words: str, *, snake: bool) -> str:
    """Words as a property name: `Time zone` → `time_zone` or `timeZone`."""
    parts = words.lower().split()
    return "_".join(parts) if snake else parts[0] + "".join(part.capitalize() for part in parts[1:])


def snakes(known: Collection[str]) -> bool:
    """Whether an API writes two words with an underscore rather than with a capital."""
    humps = sum(bool(re.search(r"[a-z][A-Z]", name)) for name in known)
    return sum("_" in name.strip("_") for name in known) >= humps


def mentions(sentence: str, name: str) -> bool:
    """Whether a sentence uses a name, spelled as one word or as several (`first_name`, `First name`)."""
    last = re.sub(r"\[\d*\]", "", name).rpartition(".")[2]
    spelling = r"[\s_-]?".join(re.escape(part) for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", last))
    return bool(spelling) and re.search(rf"(?<![A-Za-z]){spelling}(?![A-Za-z])", sentence, re.IGNORECASE) is not None
