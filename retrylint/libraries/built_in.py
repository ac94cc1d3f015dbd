"""What clients retry by themselves, whoever calls them: the layer below all others."""

from __future__ import annotations

from retrylint import code
from retrylint.libraries.clients import FILES, Client, client_index
from retrylint.model import Catch, GiveUp, Limit, RetrySite


def client_layer(name: str, call: code.Call) -> RetrySite | None:
    """The retries of the client that a call of this qualified name makes; None where none retries by itself.

    A library's facts are read when the first of its names comes up.
    """
    roots = frozenset(root for root in FILES if root in name)
    named = client_index(roots).names.get(name, ()) if roots else ()
    client = next((each for each in named if not each.policy and (each.default or 0) > 1), None)
    if client is None:
        return None
    limit = _limit(client, call)
    if limit.attempts is not None and limit.attempts <= 1:
        return None
    return RetrySite(
        call.span, name, "client", client.library, limit, catch=Catch(client.catches), give_up=GiveUp(client.ending)
    )


def _limit(client: Client, call: code.Call) -> Limit:
    """The limit that the arguments tell, or the default of the client."""
    if any(argument.stars for argument in call.arguments):
        return Limit("dynamic")
    given = {each.keyword: each.value for each in call.arguments if each.keyword}
    for option in client.limits:
        value = given.get(option.option)
        if value is None:
            continue
        number = value.value if isinstance(value, code.Const) else None
        if value == code.Const(False):
            return Limit("explicit", 1, option=option.option)
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            return Limit("dynamic", option=option.option)
        return Limit("explicit", number + (option.counts == "retries"), option=option.option)
    return Limit("default", client.default)
