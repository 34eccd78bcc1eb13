"""What every generated pytest does; the data above it differs. It runs on Python 3.9 and later, without us."""

RUNTIME = '''
FRESH, MADE = {}, []


def test_NAME():
    for step in SETUP:
        MADE.append(send(step))
        skip_unless(200 <= MADE[-1][0] < 300, f"an object could not be made: status {MADE[-1][0]}")
    if BASELINE:
        status, _ = send(BASELINE)
        skip_unless(200 <= status < 300, f"the owner's object is not there: status {status}")
    status, text = send(ATTACK)
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
    method, target, headers, body = step
    url = urllib.parse.urlsplit(os.environ.get("GW_TARGET", TARGET))
    if url.scheme == "https":
        context = ssl.create_default_context()
        if os.environ.get("GW_INSECURE"):
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=30, context=context)
    else:
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=30)
    data = body if isinstance(body, bytes) else fill(body, in_json if body[:1] in ("{", "[") else str).encode()
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
