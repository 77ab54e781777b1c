"""Protects the direction of dependencies: who may import whom, and what `import openspm` may cost.

Without it the wiring seeps into the application: a file source that needs Dagster, a command line that takes seconds to
print its help because Great Expectations is imported on the way.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("openspm", "orchestration", "expectations", "ml")
# What a package must not import, whether at the top of a file or inside a function.
FORBIDDEN = {
    "openspm": {"dagster", "dagster_dbt", "great_expectations", "sklearn"},
    "expectations": {"orchestration", "ml", "dagster", "sklearn"},
    "ml": {"orchestration", "expectations", "dagster", "great_expectations"},
    "orchestration": {"openspm.cli"},
}
HEAVY = ("dagster", "great_expectations", "sklearn", "dbt", "pandas")


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Modules that a file imports anywhere, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def is_within(module: str, package: str) -> bool:
    """Whether a module is a package or lies in it."""
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_it_may(package: str) -> None:
    wrong = [
        f"{path.relative_to(CHECKOUT)}:{line} imports {module}"
        for path in sorted((CHECKOUT / package).rglob("*.py"))
        for module, line in imports(path)
        for forbidden in FORBIDDEN[package]
        if is_within(module, forbidden)
    ]
    assert wrong == []


def test_only_the_command_line_imports_the_orchestration() -> None:
    wrong = [
        f"{path.relative_to(CHECKOUT)}:{line}"
        for path in sorted((CHECKOUT / "openspm").rglob("*.py"))
        if path.relative_to(CHECKOUT).parts[1] != "cli"
        for module, line in imports(path)
        if is_within(module, "orchestration")
    ]
    assert wrong == []


def test_the_application_is_imported_without_the_heavy_packages() -> None:
    modules = [
        ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)
        for path in sorted((CHECKOUT / "openspm").glob("*.py"))
        if path.stem not in ("__init__", "dbt_child", "dbt_recorder")
    ]
    code = f"import sys, {', '.join(modules)}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=CHECKOUT)
    assert printed.stdout.split() == []


def test_no_module_is_named_for_nothing() -> None:
    vague = {"utils", "util", "common", "helpers", "helper", "misc"}
    found = [
        str(path.relative_to(CHECKOUT))
        for package in (*PACKAGES, "tests", "dbt_project", "models", "benchmarks")
        for path in (CHECKOUT / package).rglob("*")
        if path.stem in vague
    ]
    assert found == []
