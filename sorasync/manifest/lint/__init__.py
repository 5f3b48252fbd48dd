"""The prompt linter: valid prompts that may go wrong or waste money.

Rules are pure functions over one prompt or over all clips; `lint` runs them over a loaded library.
"""

from sorasync.manifest.lint.run import Defaults, lint

__all__ = ["Defaults", "lint"]
