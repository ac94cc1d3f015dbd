"""Does a web request run a function, and as what: a view, middleware, a serializer, a form, a signal handler?

The words are those of `Body.contexts`: `django_view`, `flask_view`, `middleware`, ...; the last part says what it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from retrylint import code
from retrylint.names import Owner, receiver
from retrylint.sketch.sketch import Sketch
from retrylint.study.body import decorator_name

FRAMEWORKS = {
    "django": "django_view", "rest_framework": "django_view", "ninja": "django_view", "flask": "flask_view",
    "flask_restful": "flask_view", "flask_restx": "flask_view", "quart": "flask_view", "fastapi": "fastapi_view",
    "starlette": "starlette_view", "aiohttp": "aiohttp_view", "sanic": "sanic_view", "tornado": "tornado_view",
}  # fmt: skip
BASES = {
    "aiohttp.web.View": "aiohttp_view",
    "django.contrib.admin.ModelAdmin": "django_view",
    "django.forms.": "form",
    "django.utils.deprecation.MiddlewareMixin": "middleware",
    "django.views.": "django_view",
    "flask.views.": "flask_view",
    "flask_restful.Resource": "flask_view",
    "flask_restx.Resource": "flask_view",
    "rest_framework.generics.": "django_view",
    "rest_framework.serializers.": "serializer",
    "rest_framework.views.": "django_view",
    "rest_framework.viewsets.": "django_view",
    "starlette.endpoints.": "starlette_view",
    "starlette.middleware.": "middleware",
    "tornado.web.RequestHandler": "tornado_view",
}
# the last words of a base that the project defines elsewhere, in a module that works with one of the frameworks
NAMED = {"View": "django_view", "ViewSet": "django_view", "Serializer": "serializer", "Form": "form"}
DECORATORS = {
    "django.contrib.admin.action": "django_view",
    "django.contrib.auth.decorators.": "django_view",
    "django.dispatch.receiver": "signal_handler",
    "django.views.decorators.": "django_view",
    "rest_framework.decorators.": "django_view",
}
ROUTES = frozenset(
    {"route", "get", "post", "put", "patch", "delete", "head", "options", "api_route", "websocket", "api_operation"}
)
HOOKS = {
    "middleware": "middleware", "before_request": "middleware", "after_request": "middleware",
    "teardown_request": "middleware", "before_app_request": "middleware", "errorhandler": "flask_view",
    "exception_handler": "fastapi_view",
}  # fmt: skip
ROUTERS = frozenset({"FastAPI", "APIRouter", "Flask", "Blueprint", "Quart", "Sanic", "NinjaAPI", "Router"})
# modules that are imported where requests are answered, and hardly elsewhere
ANSWERING = (
    "django.contrib.admin", "django.contrib.auth.decorators", "django.http", "django.shortcuts", "django.template",
    "django.utils.decorators", "django.views", "rest_framework",
)  # fmt: skip


def request_contexts(function: code.Function, owner: Owner, module: Sketch) -> tuple[str, ...]:
    """What a function is to a web request, in order of certainty; empty where nothing tells."""
    found = (
        *_by_decorator(function, module),
        *_by_class(function, owner, module),
        *_by_parameter(function, owner, module),
    )
    return tuple(dict.fromkeys(found[:1]))


def _by_decorator(function: code.Function, module: Sketch) -> Iterator[str]:
    for decorator in function.decorators:
        name = decorator_name(decorator, module.imports) or ""
        known = _known(name, DECORATORS)
        if known is not None:
            yield known
        elif isinstance(decorator, code.Call) and isinstance(decorator.function, code.Attribute):
            method = decorator.function.name
            if method in ROUTES and _is_route(decorator, decorator.function, module):
                yield _framework(module)
            elif method in HOOKS and _is_router(decorator.function.value, module):
                yield HOOKS[method]
        elif isinstance(decorator, code.Attribute) and decorator.name in HOOKS and _is_router(decorator.value, module):
            yield HOOKS[decorator.name]


def _is_route(decorator: code.Call, named: code.Attribute, module: Sketch) -> bool:
    """`@app.get("/orders")`: a path as the first argument, or an application that is made here."""
    first = decorator.arguments[0].value if decorator.arguments else None
    is_path = isinstance(first, code.Const) and isinstance(first.value, str) and first.value.startswith("/")
    return is_path or _is_router(named.value, module)


def _is_router(expr: code.Expr, module: Sketch) -> bool:
    made_by = module.constants.get(code.dotted(expr) or "")
    return isinstance(made_by, code.Call) and code.last_name(made_by.function) in ROUTERS


def _framework(module: Sketch) -> str:
    roots = [target.partition(".")[0] for target in module.imports.table.values()]
    return next((FRAMEWORKS[root] for root in roots if root in FRAMEWORKS), "web_view")


def _by_class(function: code.Function, owner: Owner, module: Sketch) -> Iterator[str]:
    if not owner.in_class:
        return
    for base in _bases(".".join(owner.path), module):
        known = _known(module.imports.qualify(base), BASES)
        if known is not None:
            yield known
        elif _answers(module) and (word := _last_word(base, NAMED)) is not None:
            yield word
    parameters = code.own_parameters(function)
    if (owner.class_name or "").endswith("Middleware") and "request" in parameters and "spider" not in parameters:
        yield "middleware"


def _bases(name: str, module: Sketch) -> list[str]:
    """The bases of a class and of its bases, as far as the module shows them."""
    found: list[str] = []
    pending = [name]
    while pending:
        facts = module.classes.get(pending.pop())
        new = [base for base in (facts.bases if facts is not None else ()) if base not in found]
        found += new
        pending += new
    return found


def _last_word(base: str, words: dict[str, str]) -> str | None:
    last = base.rpartition(".")[2]
    return next((context for word, context in words.items() if last.endswith(word)), None)


def _by_parameter(function: code.Function, owner: Owner, module: Sketch) -> Iterator[str]:
    """`def view(request, ...)`, or a method that is handed one, in a module that answers requests."""
    given = function.parameters[1 if receiver(function, owner) is not None else 0 :]
    handed = bool(given) and given[0].name == "request" and not function.name.startswith("test")
    fixture = any((decorator_name(each, module.imports) or "").startswith("pytest.") for each in function.decorators)
    if handed and not fixture and _answers(module):
        yield "django_view"


def _answers(module: Sketch) -> bool:
    return any(
        f"{target}.".startswith(tuple(f"{each}." for each in ANSWERING)) for target in module.imports.table.values()
    )


def _known(name: str, table: dict[str, str]) -> str | None:
    """What a table says of a qualified name; an entry that ends in a dot is for all of a package."""
    return next(
        (word for entry, word in table.items() if name == entry or (entry[-1] == "." and name.startswith(entry))), None
    )
