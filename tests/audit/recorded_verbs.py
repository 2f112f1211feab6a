"""Every verb that the code records, read from the source (T72, T153).

A verb is the first argument of `record(...)`. Where that is a parameter called `verb`,
the callers of that function are asked, and so on.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from config.launcher.folders import ROOT

ROOMS = (
    "audit",
    "accounts",
    "jobs",
    "officials",
    "residents",
    "ballots",
    "surveys",
    "evaluations",
)
VERB = "verb"
RECORDERS = {"record": 0, "watch": 0}


@dataclass
class Found:
    """Verbs, and expressions that could not be followed, as `file:line text`."""

    verbs: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, ast.parse(path.read_text(encoding="utf-8"))


def find() -> Found:
    modules = list(trees())
    constants = _constants(modules)
    tellers = dict(RECORDERS)
    found = Found()
    # A function with a parameter `verb` tells for whoever calls it.
    for _path, tree in modules:
        if _calls(tree, RECORDERS):
            tellers |= _tellers(tree)
    for path, tree in modules:
        for call, place in _calls(tree, _known_in(tree, tellers)):
            expression = _argument(call, place)
            if expression is None:
                continue
            known = set(_values(expression, tree, constants))
            if not known and not _is_parameter(expression):
                where = f"{path.relative_to(ROOT)}:{call.lineno}"
                found.unknown.append(f"{where} {ast.unparse(expression)}")
            found.verbs |= known
    return found


def _constants(modules: list[tuple[Path, ast.Module]]) -> dict[str, str]:
    """Strings that a module gives a name, by that name."""
    return {
        target.id: node.value.value
        for _path, tree in modules
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _tellers(tree: ast.Module) -> dict[str, int]:
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names = [argument.arg for argument in node.args.args]
            keywords = [argument.arg for argument in node.args.kwonlyargs]
            if VERB in names + keywords:
                found[node.name] = names.index(VERB) if VERB in names else 99
    return found


def _known_in(tree: ast.Module, tellers: dict[str, int]) -> dict[str, int]:
    """A function of the module itself hides others of the same name."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    others = {name: at for name, at in tellers.items() if name not in own}
    return others | _tellers(tree)


def _calls(tree: ast.Module, names: dict[str, int]) -> list[tuple[ast.Call, int]]:
    return [
        (node, names[called])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (called := _name(node.func)) in names
        and _is_ours(node)
    ]


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_ours(call: ast.Call) -> bool:
    """An act has a person and a moment."""
    names = {keyword.arg for keyword in call.keywords}
    return {"by", "at"} <= names or VERB in names


def _argument(call: ast.Call, place: int) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == VERB:
            return keyword.value
    return call.args[place] if place < len(call.args) else None


def _is_parameter(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Name) and expression.id == VERB


def _values(
    expression: ast.expr, tree: ast.Module, constants: dict[str, str]
) -> Iterator[str]:
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        yield expression.value
    elif isinstance(expression, ast.IfExp):
        yield from _values(expression.body, tree, constants)
        yield from _values(expression.orelse, tree, constants)
    elif isinstance(expression, ast.Attribute) and expression.attr in constants:
        yield constants[expression.attr]
    elif isinstance(expression, ast.Name):
        local = list(_assigned(expression.id, tree))
        if local:
            yield from local
        elif expression.id in constants:
            yield constants[expression.id]


def _assigned(name: str, tree: ast.Module) -> Iterator[str]:
    """Strings that the module itself puts under a name, at its top or in a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name
            for target in node.targets
        ):
            for value in (
                [node.value.body, node.value.orelse]
                if isinstance(node.value, ast.IfExp)
                else [node.value]
            ):
                if isinstance(value, ast.Constant) and isinstance(value.value, str):
                    yield value.value
