"""Errors that another attempt cannot mend, and the operations for which that does not hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

# the program is wrong, or the other side has understood and said no
ALWAYS = frozenset(
    {"ImportError", "IndentationError", "ModuleNotFoundError", "NameError", "NotImplementedError", "SyntaxError",
     "UnboundLocalError", "AuthError", "AuthenticationError", "AuthenticationFailed", "BadRequest", "BadRequestError",
     "CardError", "InvalidSchema", "InvalidURL", "LoginFailure", "MethodNotAllowed", "MissingSchema",
     "NoCredentialsError", "NotAuthenticated", "ParamValidationError", "SMTPAuthenticationError", "Unauthenticated",
     "Unauthorized", "UnauthorizedError", "UnprocessableEntity", "UnprocessableEntityError", "UnsupportedProtocol"}
)  # fmt: skip
# refused for want of rights; some clouds refuse so what comes too often, or while new rights are on their way
REFUSED = frozenset({"AccessDenied", "Forbidden", "ForbiddenError", "PermissionDenied", "PermissionDeniedError"})
CLOUDS = ("google.", "googleapiclient.", "boto", "azure.")
# wrong data: permanent where the data was handed in, not where it is an answer that was read or made up
DATA = frozenset(
    {"AttributeError", "IndexError", "KeyError", "TypeError", "UnicodeDecodeError", "UnicodeEncodeError",
     "ValidationError", "ValueError", "ZeroDivisionError"}
)  # fmt: skip
READING = re.compile(
    r"(?:^|_)(?:ask|call|chat|choice|complet\w*|convert|crawl|create|decode|download|eval|execute|extract|fetch|find"
    r"|generate|get\w*|input|invoke|json|list|load|loads|look|lookup|make|open|parse\w*|pick|poll|post|predict|prompt"
    r"|put|query|random|read|receive|recv|request|run|sample|scan|scrape|search|select|wait)(?:_|$|\d)"
)
# a file that somebody else holds open is refused under Windows, and free a moment later
FILING = re.compile(
    r"(?:^|_)(?:chmod|clean\w*|connect|copy\w*|delete|dump|makedirs|mkdir|mkdtemp|move|open|read|remove|rename|replace"
    r"|rmdir|rmtree|save|symlink|touch|unlink|write|bytes|text)(?:_|$|\d)"
)


def is_permanent(name: str, operations: Sequence[str]) -> bool:
    """Does an exception stay, when it comes out of one of these operations?"""
    last = name.rpartition(".")[2]
    if last in ALWAYS:
        return True
    if last in REFUSED:
        return not name.startswith(CLOUDS)
    if last == "PermissionError":
        return bool(operations) and not _any_of(operations, FILING)
    return last in DATA and bool(operations) and not _any_of(operations, READING)


def _any_of(operations: Sequence[str], words: re.Pattern[str]) -> bool:
    names = (re.sub(r"(?<=[a-z])(?=[A-Z])", "_", each.rpartition(".")[2]).lower() for each in operations)
    return any(words.search(name) for name in names)
