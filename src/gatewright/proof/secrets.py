"""Words that people sign tokens with, made by rules: no list of anybody's, nothing to ship, the likeliest first.

About 90,000 words in all: names that mean "secret", what tutorials and frameworks put there until it is changed,
common passwords, walks over the keyboard, years; with the usual cases and endings.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from itertools import islice, product

_MOST = 100_000
_NOUNS = (
    "secret",
    "key",
    "token",
    "password",
    "jwt",
    "auth",
    "sign",
    "signing",
    "private",
    "access",
    "session",
    "api",
    "app",
    "hmac",
    "salt",
)
_OWNERS = (
    "my",
    "your",
    "the",
    "our",
    "super",
    "top",
    "very",
    "test",
    "dev",
    "default",
    "some",
    "shared",
    "server",
    "client",
    "user",
    "admin",
    "example",
    "sample",
    "demo",
    "dummy",
    "temp",
    "local",
    "prod",
    "production",
    "development",
    "staging",
    "web",
    "site",
    "service",
    "backend",
    "jwt",
    "api",
    "app",
    "auth",
    "access",
    "refresh",
    "hs256",
    "256-bit",
    "512-bit",
)
_WORDS = (
    "changeme", "change-me", "change_me", "changeit", "changethis", "replaceme", "replace_me", "pleasechangeme", "todo", "fixme",
    "secret", "secrets", "secretkey", "s3cr3t", "s3cret", "supersecret", "topsecret", "password", "passw0rd", "p@ssw0rd", "passwd", "pass",
    "admin", "administrator", "root", "toor", "user", "guest", "test", "testing", "tester", "demo", "dev", "developer", "default",
    "example", "sample", "hello", "helloworld", "hello-world", "foobar", "foo", "bar", "baz", "qux", "spam", "eggs", "lorem", "ipsum",
    "welcome", "letmein", "master", "login", "access", "abc", "abcdef", "abcdefgh", "abc123", "dragon", "monkey", "shadow", "sunshine",
    "princess", "football", "baseball", "superman", "batman", "trustno1", "iloveyou", "whatever", "freedom", "ninja", "mustang", "michael",
    "jordan", "summer", "winter", "spring", "autumn", "flower", "cookie", "cookies", "pepper", "salt", "salty", "banana", "cheese", "coffee",
    "keyboardcat", "keyboard cat", "keyboard_cat", "hush", "shhh", "shhhh", "shhhhh", "ssh", "hidden", "mystery", "magic", "opensesame", "sesame",
    "jwt", "jwtsecret", "jsonwebtoken", "token", "bearer", "hs256", "hs512", "oauth", "oauth2", "oidc", "saml", "sso", "auth", "auth0", "keycloak",
    "express", "expressjs", "node", "nodejs", "nest", "nestjs", "koa", "fastify", "react", "angular", "vue", "next", "nuxt", "svelte", "meteor",
    "flask", "django", "fastapi", "starlette", "tornado", "pyramid", "sanic", "aiohttp", "python", "spring", "springboot", "java", "kotlin", "quarkus",
    "micronaut", "dropwizard", "play", "scala", "rails", "ruby", "sinatra", "laravel", "lumen", "symfony", "php", "slim", "codeigniter", "wordpress",
    "drupal", "dotnet", "aspnet", "csharp", "golang", "go", "gin", "echo", "fiber", "rust", "actix", "rocket", "axum", "phoenix", "elixir", "swagger",
    "openapi", "postman", "insomnia", "graphql", "hasura", "apollo", "prisma", "supabase", "firebase", "mongo", "mongodb", "mysql", "postgres",
    "postgresql", "redis", "rabbitmq", "kafka", "elastic", "docker", "kubernetes", "k8s", "nginx", "apache", "tomcat", "jenkins", "gitlab", "github",
    "aws", "azure", "gcp", "google", "heroku", "vercel", "netlify", "company", "project", "product", "application", "website", "webapp", "platform",
    "service", "services", "microservice", "gateway", "backend", "frontend", "server", "client", "database", "shop", "store", "market", "bank",
    "blog", "forum", "chat", "mail", "crm", "erp", "cms", "portal", "dashboard", "panel", "internal", "local", "localhost", "production", "staging",
)  # fmt: skip
_SENTENCES = (
    "your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret", "your-secret-key", "your_secret_key", "yoursecretkey", "your-jwt-secret",
    "your_jwt_secret", "your_jwt_secret_key", "my-32-character-ultra-secure-and-ultra-long-secret", "a-string-secret-at-least-256-bits-long",
    "this-is-a-secret", "this is a secret", "thisisasecret", "this_is_a_secret", "this is my secret", "thisismysecret", "this-is-my-secret-key",
    "this is a very secret key", "very secret", "not so secret", "notsosecret", "nobody knows", "do not tell", "don't tell anyone", "secret word",
    "super secret key", "super-secret-key", "super_secret_key", "some secret", "some-secret", "shared secret", "shared-secret", "insert secret here",
    "put your secret here", "enter your secret", "please change me", "change this", "change-this", "change_this", "change this secret",
    "CHANGE_ME_IN_PRODUCTION", "change-in-production", "django-insecure", "insecure", "insecure-secret", "unsafe", "notsecret", "none", "null",
    "undefined", "true", "false", "nil", "empty", "key", "0", "{}", "[object Object]", "process.env.JWT_SECRET", "${JWT_SECRET}", "$JWT_SECRET",
    "JWT_SECRET", "JWT_SECRET_KEY", "SECRET_KEY", "SECRET", "TOKEN_SECRET", "ACCESS_TOKEN_SECRET", "REFRESH_TOKEN_SECRET", "APP_SECRET", "APP_KEY",
    "API_KEY", "API_SECRET", "AUTH_SECRET", "NEXTAUTH_SECRET", "<secret>", "<your-secret>", "<jwt_secret>", "xxx", "xxxx", "xxxxxxxx", "***", "********",
)  # fmt: skip
_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0")  # fmt: skip
_ENDINGS = ("", "1", "12", "123", "1234", "12345", "123456", "!", "!!", "1!", "123!", "@123", "#123", "?", ".", "0", "00", "01", "007", "2", "3", "42", "69", "99", "321", "666", "777", "999", "_key", "-key", "key", "_secret", "-secret", "secret", "_jwt", "-jwt", "_token", "-token", "_dev", "-dev", "_test", "-test", "_prod", "-prod")  # fmt: skip
_YEARS = tuple(str(year) for year in range(1980, 2031))
_JOINTS = ("", "-", "_", " ", ".")


def words(own: Iterable[str] = ()) -> Iterator[str]:
    """Every word once, at most 100,000: first those made of `own` names (title, host, issuer of the API)."""
    return islice(dict.fromkeys(_all(own)), _MOST)


def decoded(word: str) -> bytes | None:
    """The bytes that a word is in base64, as some libraries read a secret; None when it is none."""
    if len(word) < 4 or len(word) % 4 or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", word):
        return None
    return base64.b64decode(word, validate=True)


def _all(own: Iterable[str]) -> Iterator[str]:
    yield ""
    yield from _SENTENCES
    for word in _WORDS:
        yield from _cased(word)
    yield from _names(own)
    for owner, noun, joint in product(_OWNERS, _NOUNS, _JOINTS):
        yield from _cased(f"{owner}{joint}{noun}")
    for first, second, joint in product(_NOUNS, _NOUNS, _JOINTS):
        yield from _cased(f"{first}{joint}{second}")
    for owner, first, second, joint in product(_OWNERS, _NOUNS, _NOUNS[:3], _JOINTS[:3]):
        yield from _cased(f"{owner}{joint}{first}{joint}{second}")
    yield from _walks()
    for word, ending in product(_WORDS, (*_ENDINGS[1:], *_YEARS)):
        yield from (w + ending for w in _cased(word))
    for owner, noun, joint, ending in product(_OWNERS, _NOUNS, _JOINTS[:3], _ENDINGS[1:20]):
        yield f"{owner}{joint}{noun}{ending}"


def _names(own: Iterable[str]) -> Iterator[str]:
    """Names of the API, whole and by their words, with the usual endings."""
    for name in own:
        parts = [part for part in re.split(r"[^A-Za-z0-9]+", name) if part]
        spelled = dict.fromkeys([name, *(joint.join(parts) for joint in _JOINTS), *(p for p in parts if len(p) > 2)])
        for word in spelled:
            for one in _cased(word):
                yield from (one + ending for ending in (*_ENDINGS, *_YEARS[-15:]))
                yield from (one + joint + noun for joint in _JOINTS for noun in _NOUNS)


def _cased(word: str) -> Iterator[str]:
    yield word
    yield from (changed for changed in (word.lower(), word.upper(), word.capitalize(), word.title()) if changed != word)


def _walks() -> Iterator[str]:
    """Runs over the keyboard, both ways, and one character again and again."""
    for row in _ROWS:
        for length in range(3, len(row) + 1):
            yield from (row[:length], row[:length][::-1], row[:length].upper())
    for character in "0123456789abcdefghijklmnopqrstuvwxyz":
        yield from (character * length for length in (1, 2, 3, 4, 6, 8, 10, 16, 24, 32, 48, 64))
    yield from _YEARS
    for number in range(1000):
        yield from (str(number), f"{number:06d}")
