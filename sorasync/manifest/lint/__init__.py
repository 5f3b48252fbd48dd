"""What is likely to go wrong, or to be paid for in vain, in prompts that are correct as far as the language goes.

Rules are pure functions over one prompt or over all clips; `lint` runs them over a loaded library.
"""

from sorasync.manifest.lint.run import Defaults, lint

__all__ = ["Defaults", "lint"]
