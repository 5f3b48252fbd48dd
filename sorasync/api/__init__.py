"""sorasync for programs: `from sorasync import Library`.

The same plans, limits, locks and records as the command line, as typed objects.
"""

from sorasync.api.apply_run import ApplyRun, Notice
from sorasync.api.library import Library
from sorasync.api.library_plan import LibraryPlan
from sorasync.api.take import Take

__all__ = ["ApplyRun", "Library", "LibraryPlan", "Notice", "Take"]
