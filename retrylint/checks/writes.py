"""Writes that count once more when they are done once more, told by their names; and errors before anything is done."""

from __future__ import annotations

import re

WRITING = re.compile(
    r"(?:^|_)(?:charge|refund|publish)(?:_|$)"
    r"|^(?:post|patch|pay|payout|sendmail|send_mass_mail|mail_admins|mail_managers)$"
    r"|^send_(?:\w+_)?(?:e?mails?|message|messages|sms|notification|notifications|push)$"
    r"|^create_(?:charge|invoice|order|payment|payment_intent|payout|refund|transfer)$"
)
# a class or a collection whose `create`, or a message whose `send`, is the write
MAKING = re.compile(r"\b(?:charges?|payment_?intents?|payments?|payouts?|refunds?|transfers?)\.create$", re.IGNORECASE)
SENDING = re.compile(r"\b(?:e?mail|mailer|message|msg)\.send$")
NO_CLIENT = ("mock.", "pytest.", "requests_mock.", "responses.", "respx.", "unittest.")
# nothing had reached the other side, or it said that it did nothing
NOT_DONE = frozenset(
    {"ClientConnectorError", "ConnectError", "ConnectTimeout", "ConnectTimeoutError", "ConnectionRefusedError",
     "NameResolutionError", "NewConnectionError", "PoolTimeout", "RateLimitError", "SMTPConnectError",
     "TooManyRequests", "gaierror"}
)  # fmt: skip


def is_write(name: str) -> bool:
    """Does an operation, by its qualified name, write something that a second time adds to?"""
    if name.startswith(NO_CLIENT):
        return False
    last = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.rpartition(".")[2]).lower()
    return bool(WRITING.search(last) or MAKING.search(name) or SENDING.search(name))
