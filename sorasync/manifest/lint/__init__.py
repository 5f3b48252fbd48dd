"""What may go wrong, or be paid for in vain, in prompts that are right as far as the language goes.

Rules are pure functions over one prompt or over all clips; `lint` runs them over a loaded library.
"""

from sorasync.manifest.lint.run import Defaults, lint

__all__ = ["Defaults", "lint"]
