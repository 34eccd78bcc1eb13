"""One type for decoded JSON, used wherever a value of an API is carried around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None
else:  # msgspec decodes by run-time types and takes no recursive alias
    Json = Any
