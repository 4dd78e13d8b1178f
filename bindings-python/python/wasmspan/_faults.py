"""Keeps traps working beside `faulthandler`.

Both live on the handlers of processor faults. Ours tells a trap of WebAssembly from a real fault and
passes the latter on, so it has to stand in front. Native code looks from time to time whether it does;
`faulthandler` is the one library that many programs switch on and off, so there we look at once.
"""

from __future__ import annotations

import faulthandler

from ._native import ensure_signal_handlers

TYPE_CHECKING = False  # Type checkers take it for true; importing `typing` takes longer than all of this.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def _in_front_after(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*args: Any, **keywords: Any) -> Any:
        try:
            return function(*args, **keywords)
        finally:
            ensure_signal_handlers()

    wrapper.__name__, wrapper.__doc__ = function.__name__, function.__doc__
    wrapper.__wrapped__ = function  # type: ignore[attr-defined]
    return wrapper


def watch() -> None:
    """Looks after each change that `faulthandler` makes."""
    for name in ("enable", "disable"):
        function = getattr(faulthandler, name)
        if not hasattr(function, "__wrapped__"):
            setattr(faulthandler, name, _in_front_after(function))
