"""The words by which names tell what they stand for; plain data, so that the byte screen may know them too."""

from __future__ import annotations

STEERING = frozenset({
    "min", "max", "abs", "int", "float", "str", "bool", "round", "pow", "range", "len", "repr", "format", "print",
    "isinstance", "list", "tuple", "dict", "set", "frozenset", "sorted",
    "getattr", "hasattr", "sleep", "format_exc", "all", "any", "sum", "wait_for", "shield",
})  # fmt: skip
STEERING_OWNERS = frozenset({"time", "random", "math", "datetime", "traceback", "warnings", "logging"})
LOGGING = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "trace", "msg", "fatal", "notice"}
)
COUNTING = frozenset({"range", "count", "repeat", "cycle", "xrange"})
STEERS = frozenset(
    {"timeout", "delay", "attempt", "attempts", "retry", "retries", "tries", "try", "deadline", "backoff"}
)
FETCHING = frozenset(
    {
        "input",
        "ainput",
        "raw_input",
        "getpass",
        "getkey",
        "getch",
        "next",
        "anext",
        "recv",
        "receive",
        "readline",
        "popleft",
        "get_nowait",
    }
)
LOOKING = (
    "get", "list", "describe", "check", "is_", "has_", "poll", "fetch", "read", "find", "status", "exists",
)  # fmt: skip
ACCESSING = frozenset(
    {"get", "items", "keys", "values", "strip", "format", "join", "split", "encode", "decode", "lower", "upper",
     "append", "pop", "extend", "add", "copy", "startswith", "endswith", "replace", "setdefault", "update", "json"}
)  # fmt: skip
ACTING = frozenset({
    "connect", "reconnect", "send", "sendto", "sendmail", "post", "put", "patch", "request", "run", "execute", "exec",
    "create", "insert", "delete", "remove", "rmtree", "unlink", "rmdir", "write", "save", "store", "upload", "download",
    "publish", "push", "pull", "sign", "login", "authenticate", "start", "stop", "restart", "move", "rename", "copy",
    "symlink", "mount", "attach", "detach", "claim", "reserve", "submit", "commit", "apply", "incr", "decr", "discover",
    "register", "popen", "spawn", "launch", "invoke", "dispatch", "transfer", "clone", "checkout", "install", "kill",
    "terminate", "upgrade", "charge", "pay", "urlopen", "urlretrieve", "cmd", "command", "plug", "unplug", "resume",
    "creation", "deletion", "execution", "submission",
})  # fmt: skip
CONNECTING = frozenset({"connect", "reconnect", "connection", "subscribe"})
WAITING_FOR = frozenset({"wait", "acquire", "poll", "join", "select", "drain"})
PAUSING = frozenset({"sleep", "delay", "pause", "backoff", "wait"})
TAKING = frozenset(
    {"recv", "recvfrom", "recvmsg", "receive", "accept", "next", "consume", "drain", "popitem", "popleft", "dequeue"}
)
DRAWING = frozenset({"random", "draw", "randint", "choice", "urandom", "randbytes", "getrandbits", "mktemp", "token"})
FALLING_BACK = frozenset({"fallback", "downgrade", "disable"})
RESUMING = frozenset({"resume", "resumed", "resuming"})
LOCKING = frozenset({"flock", "lockf", "locking"})  # of `fcntl` and `msvcrt`
ASKING = frozenset({"input", "ainput", "prompt", "ask", "getpass", "getkey", "getch"})
