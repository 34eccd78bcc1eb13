"""What every generated pytest does; the data above it differs. It runs on Python 3.9 and later, without us."""

from __future__ import annotations

RUNTIME = '''
FRESH, MADE = {}, []


def test_NAME():
    for step in SETUP:
        MADE.append(send(step))
        skip_unless(200 <= MADE[-1][0] < 300, f"an object could not be made: status {MADE[-1][0]}")
    if BASELINE:
        status, _ = send(BASELINE)
        skip_unless(200 <= status < 300, f"the owner's object is not there: status {status}")
    status, text = ATTEMPT(ATTACK)
    MADE.append((status, text))
    if status == 401 and SESSION:
        skip_unless(send(SESSION)[0] != 401, "the attacker's token is not valid any more")
    skip_unless(status < 500, f"the target is unwell: status {status}")
    if status >= 400 and ACCEPTED:
        return  # refused, as it should be
    if READ_BACK:
        status, text = send(READ_BACK)
        skip_unless(status != 401, "the token for reading back is not valid any more")
    if GONE:
        assert status not in (404, 410), "the owner's object is gone: the attack deleted it"
    elif WITNESS:
        found = [witness for witness in map(fill, WITNESS) if witness in text]
        assert not found, f"the answer shows {found}"
    else:
        shown = status == SEEN[0] and set(SEEN[1]) <= names(parsed(text))
        assert not shown, f"answered as when the hole was proved: status {status}"


def send(step):
    """Status and text of the answer; the text also holds the decoded JSON and the headers."""
    method, target, lines, body = step
    headers = [line for line in lines if line[0] != ":certificate"]
    url = urllib.parse.urlsplit(os.environ.get("GW_TARGET", TARGET))
    if url.scheme == "https":
        context = ssl.create_default_context()
        if os.environ.get("GW_INSECURE"):
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for _, path in [line for line in lines if line[0] == ":certificate"]:
            context.load_cert_chain(fill(path))
        connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=30, context=context)
    else:
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    data = body if isinstance(body, bytes) else fill(body, in_json if body[:1] in ("{", "[") else str).encode()
    SIGN
    try:
        connection.putrequest(method, latin(fill(target, quoted)), skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, fill(value).encode())
        if (data or method in ("POST", "PUT", "PATCH")) and "content-length" not in (name.lower() for name, _ in headers):
            connection.putheader("Content-Length", str(len(data)))
        connection.endheaders(data or None)
        response = connection.getresponse()
        text = response.read(10_000_000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise unittest.SkipTest(f"no answer: {error!r}")
    finally:
        connection.close()
    decoded = json.dumps(parsed(text), ensure_ascii=False)
    asked = body if isinstance(body, str) else ""
    status = meant(response.status, parsed(text)) if asked.startswith('{"query":') else response.status
    return status, text + "\\n" + decoded + "\\n" + str(response.headers)


def meant(status, answer):
    """What the status of a GraphQL answer would be: without data it is a refusal."""
    data = answer.get("data") if isinstance(answer, dict) else None
    if not 200 <= status < 300 or (isinstance(data, dict) and any(one is not None for one in data.values())):
        return status
    return 401 if "UNAUTHENTICATED" in str(answer) else 404


def fill(text, escape=str):
    """Puts in variables of the environment, new markers, and values of the objects made above."""

    def value(found):
        word, _, rest = found[1].partition(" ")
        if word == "fresh":
            letters = "".join(secrets.choice("abcdefghijklmnopqrstuvwxyz234567") for _ in range(16))
            return FRESH.setdefault(rest, "gw" + letters)
        if word == "made":
            step, _, leaf = rest.partition(" ")
            return escape(pick(MADE[int(step)][1], leaf))
        if word == "jwt":
            name, header, tail = rest.split("|")
            skip_unless(name in os.environ, f"set {name}: gatewright login --export")
            own, claims = (os.environ[name].split(".") + [""])[:2]
            return (header or own) + "." + claims + tail
        skip_unless(word in os.environ, f"set {word}: gatewright login --export")
        return escape(os.environ[word])

    return re.sub("«([^»]+)»", value, text)


def pick(text, leaf):
    """A leaf of an answer: order.items[0].id, or @location for the last segment of that header."""
    if leaf == "@location":
        found = re.search(r"^location: *([^\\s?]+)", text, re.IGNORECASE | re.MULTILINE)
        skip_unless(found, "the answer has no Location")
        return urllib.parse.unquote(found[1].rstrip("/").rpartition("/")[2])
    value = parsed(text)
    for name, index in re.findall(r"([^.\\[\\]]+)|\\[(\\d+)\\]", leaf):
        try:
            value = value[int(index) if index else name]
        except (KeyError, IndexError, TypeError):
            skip_unless(False, f"the answer has no {leaf}")
    return str(value)


def parsed(text):
    try:
        return json.JSONDecoder().raw_decode(text.lstrip())[0]
    except ValueError:
        return None


def names(value):
    """Every key in it that holds something, at any depth."""
    if isinstance(value, dict):
        held = {key: one for key, one in value.items() if one is not None}
        return set(held).union(*map(names, held.values()))
    return set().union(*map(names, value)) if isinstance(value, list) else set()


def quoted(value):
    return urllib.parse.quote(value, safe="~")


def in_json(value):
    return json.dumps(value)[1:-1]


def latin(text):
    return text.encode().decode("latin-1")


def skip_unless(condition, why):
    if not condition:
        raise unittest.SkipTest(why)
'''

_SIGNING = '''
def signed(method, target, headers, data, host):
    """The headers with a signature (AWS Signature Version 4) where one is wanted; those that are signed: host and date."""
    wanted = [value[7:-1].split("|") for _, value in headers if value.startswith("«sigv4 ")]
    if not wanted:
        return headers
    name, key, region, service = wanted[0]
    skip_unless(name in os.environ, f"set {name}: gatewright login --export")
    moment, digest = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()), hashlib.sha256(data).hexdigest()
    path, _, query = fill(target, quoted).partition("?")
    pairs = sorted(part.partition("=")[::2] for part in query.split("&") if part)
    query = "&".join(f"{strict(one)}={strict(value)}" for one, value in pairs)
    s3 = [f"x-amz-content-sha256:{digest}"] if service == "s3" else []
    named = ["host:" + host, *s3, "x-amz-date:" + moment]
    names = ";".join(line.partition(":")[0] for line in named)
    path = path if service == "s3" else urllib.parse.quote(path, safe="/-_.~")
    canonical = "\\n".join([method, path or "/", query, *named, "", names, digest])
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    text = "\\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    secret = ("AWS4" + os.environ[name]).encode()
    for part in scope.split("/"):
        secret = hmac.new(secret, part.encode(), "sha256").digest()
    signature = hmac.new(secret, text.encode(), "sha256").hexdigest()
    value = f"AWS4-HMAC-SHA256 Credential={fill(key)}/{scope}, SignedHeaders={names}, Signature={signature}"
    kept = [line for line in headers if not line[1].startswith("«sigv4 ")]
    s3 = [("X-Amz-Content-Sha256", digest)] if s3 else []
    return kept + s3 + [("X-Amz-Date", moment), ("Authorization", value)]


def strict(value):
    return urllib.parse.quote(urllib.parse.unquote(value), safe="-_.~")
'''

_LISTENING = '''
def listen(step):
    """Opens a stream, sends TRIGGER once it is open, and listens for some seconds: status and all that was told."""
    method, target, headers, body = step
    url = urllib.parse.urlsplit(os.environ.get("GW_TARGET", TARGET))
    port = url.port or (443 if url.scheme == "https" else 80)
    data = body if isinstance(body, bytes) else fill(body).encode()
    SIGN
    lines = [f"{method} {latin(fill(target, quoted))} HTTP/1.1", f"Host: {url.netloc}"]
    lines += [f"{name}: {fill(value)}" for name, value in headers if name != ":certificate"]
    lines += [f"Content-Length: {len(data)}"] if data else []
    raw, say, pulled, ends = b"", list(SAY), False, time.monotonic() + 10
    try:
        stream = socket.create_connection((url.hostname, port), timeout=10)
        if url.scheme == "https":
            context = ssl.create_default_context()
            if os.environ.get("GW_INSECURE"):
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            for _, path in [line for line in headers if line[0] == ":certificate"]:
                context.load_cert_chain(fill(path))
            stream = context.wrap_socket(stream, server_hostname=url.hostname)
        with stream:
            stream.sendall("\\r\\n".join(lines + ["", ""]).encode("utf-8") + data)
            stream.settimeout(0.5)
            while time.monotonic() < ends and not (pulled and any(fill(text).encode() in raw for text in WITNESS)):
                try:
                    piece = stream.recv(65536)
                    if not piece:
                        break
                    raw += piece
                except (socket.timeout, ssl.SSLWantReadError):
                    piece = b""
                if not re.match(rb"HTTP/1.. (101|2)", raw) or b"\\r\\n\\r\\n" not in raw:
                    if raw and not re.match(rb"HTTP/1.. (101|2)", raw) and not piece:
                        break
                elif say:
                    stream.sendall(frame(fill(say.pop(0), in_json)))
                elif not pulled and not piece:
                    pulled, ends = True, time.monotonic() + 6
                    send(TRIGGER)
    except OSError as error:
        raise unittest.SkipTest(f"no answer: {error!r}")
    found = re.match(rb"HTTP/1.. (...)", raw)
    skip_unless(found, "no answer")
    return int(found[1]), raw.decode("utf-8", "replace")


def frame(text):
    """A message as a client sends it over WebSocket (RFC 6455, 5.2); the mask is zero."""
    data = text.encode()
    size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + len(data).to_bytes(2, "big")
    return bytes([0x81]) + size + bytes(4) + data
'''


def runtime(name: str, *, listens: bool = False, signs: bool = False) -> str:
    """The functions of one test file, with the name of its test; what signs or listens only where that is needed."""
    text = RUNTIME.replace("NAME", name).replace("ATTEMPT", "listen" if listens else "send")
    text += ("\n" + _SIGNING if signs else "") + ("\n" + _LISTENING if listens else "")
    sign = "headers = signed(method, target, headers, data, url.netloc)"
    return text.replace("    SIGN\n", f"    {sign}\n" if signs else "")


def modules(*, listens: bool = False, signs: bool = False) -> list[str]:
    """What the file imports, in order."""
    found = {"http.client", "json", "os", "re", "secrets", "ssl", "unittest", "urllib.parse"}
    found |= {"hashlib", "hmac", "time"} if signs else set()
    return sorted(found | ({"socket", "time"} if listens else set()))
