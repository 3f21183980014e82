"""What a command says when it refuses. One handler turns these into a form error, a fragment or problem+json."""

from __future__ import annotations


class DomainError(Exception):
    """A refusal with a stable code and a Chinese message that names the field and the remedy.

    ``field`` is the form field the message belongs to, if any. ``status`` is the HTTP status of the refusal.
    """

    status = 422

    def __init__(self, code: str, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class NotAllowed(DomainError):
    """The actor may see the thing but may not do this (403)."""

    status = 403


class NotFound(DomainError):
    """There is no such thing within the actor's scope (404); says the same whether it exists elsewhere or not."""

    status = 404


class Conflict(DomainError):
    """Somebody else was faster, or the state no longer admits it (409)."""

    status = 409
