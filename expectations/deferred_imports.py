"""A library that Great Expectations imports for expectations about distributions, which no suite of ours asks for.

scipy.stats is a fifth of the seconds that importing Great Expectations takes. It is put off until someone reads an
attribute of it, by the standard library's own loader for that.
"""

import importlib.util
import sys

DEFERRED = ("scipy.stats",)


def defer_imports() -> None:
    """Let a deferred library be imported by name at once and loaded with its first use; for the gate's own process."""
    for name in DEFERRED:
        if name in sys.modules:
            continue
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            continue
        spec.loader = importlib.util.LazyLoader(spec.loader)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
        spec.loader.exec_module(module)
