"""Libraries that Great Expectations imports for expectations about distributions, which no suite of ours asks for.

scipy.stats is a fifth of the seconds that importing Great Expectations takes, altair (for pictures of distributions) a
tenth. They are put off until somebody asks one for something. The standard library's LazyLoader would not do for a bare
`import altair`, which in Python 3.11 reads an attribute of the module.
"""

import importlib
import importlib.util
import sys
from types import ModuleType
from typing import Any

DEFERRED = ("scipy.stats", "altair")


def defer_imports() -> None:
    """Let deferred libraries be imported by name and loaded with their first use; for the gate's own process."""
    for name in DEFERRED:
        # Looking for a module imports its parent.
        if name not in sys.modules and importlib.util.find_spec(name) is not None:
            module = _Deferred(name)
            sys.modules[name] = module
            parent, _, child = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], child, module)


class _Deferred(ModuleType):
    """Stands in for a module until it is asked for something that is the module's own."""

    def __getattr__(self, attribute: str) -> Any:
        # What the import system asks of every module.
        if attribute == "__path__":
            raise AttributeError(attribute)
        name = self.__name__
        if sys.modules.get(name) is self:
            del sys.modules[name]
            parent, _, child = name.rpartition(".")
            if parent:
                delattr(sys.modules[parent], child)
        return getattr(importlib.import_module(name), attribute)
