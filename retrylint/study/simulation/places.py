"""Names for what an expression stands for: a name, an attribute, an item with a constant key."""

from __future__ import annotations

from retrylint import code


def item_key(index: code.Expr) -> str | None:
    """A constant key of a container, as a part of a name."""
    if isinstance(index, code.Const) and isinstance(index.value, (str, int)):
        return f"[{index.value!r}]"
    return None


def place_name(expr: code.Expr) -> str | None:
    """The name of what an expression stands for: a name, an attribute, an item with a constant key."""
    if isinstance(expr, code.Call) and isinstance(expr.function, code.Attribute) and expr.function.name == "get":
        return item_name(expr.function.value, expr.arguments[0].value) if expr.arguments else None
    return item_name(expr.value, expr.index) if isinstance(expr, code.Subscript) else code.dotted(expr)


def item_name(container: code.Expr, index: code.Expr) -> str | None:
    """`kwargs["retry"]` as a name of its own, so that what is stored there is known again."""
    name, key = code.dotted(container), item_key(index)
    return f"{name}{key}" if name and key else None
