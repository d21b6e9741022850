"""A fingerprint of the code that a result depends on: it changes with the code, not with comments or
docstrings."""

from __future__ import annotations

import ast
import hashlib
from importlib import util
from pathlib import Path

__all__ = ["fingerprint", "modules"]

# What defines or draws an experiment, but computes nothing of it.
APART = ("reproduction.experiment", "lrdlib.plots", "lrdlib.explorers")


def fingerprint(module: str) -> str:
    """SHA-256 over a module and all modules of the project that it imports, directly or not."""
    digest = hashlib.sha256()
    for name, tree in sorted(modules(module).items()):
        digest.update(f"{name}\n{ast.dump(_without_docstrings(tree))}\n".encode())
    return digest.hexdigest()


def modules(module: str) -> dict[str, ast.Module]:
    """The syntax trees of a module and of all modules of the project that it imports, by name.

    The project is lrdlib, reproduction, and the package that the module belongs to.
    """
    roots = ("lrdlib", "reproduction", module.split(".")[0])
    found: dict[str, ast.Module] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        path = _file(name)
        if path is None:
            raise ValueError(f"the source of {name} cannot be found")
        found[name] = tree = ast.parse(path.read_text(encoding="utf-8"))
        for imported in _imports(name, path, tree):
            if imported.split(".")[0] in roots and not _apart(imported):
                waiting.append(imported)
    return found


def _imports(name: str, path: Path, tree: ast.Module):
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = util.resolve_name("." * node.level + (node.module or ""), package) if node.level else node.module
            for alias in node.names:
                # `from package import module` needs the module; `from module import name` the module it stands in.
                part = f"{base}.{alias.name}"
                yield part if _is_module(part) else base


def _is_module(name: str) -> bool:
    return _file(name) is not None


def _file(name: str) -> Path | None:
    try:
        spec = util.find_spec(name)
    except (ModuleNotFoundError, ValueError):
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def _apart(name: str) -> bool:
    return any(name == apart or name.startswith(apart + ".") for apart in APART)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            match node.body[0]:
                case ast.Expr(value=ast.Constant(value=str())):
                    node.body = node.body[1:]
    return tree
