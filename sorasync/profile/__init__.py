"""Profiles: what a provider can do and what it costs, as data.

Money is `decimal.Decimal` US dollars; None means nobody knows, and is never treated as zero.
"""

from sorasync.profile.error import ProfileError
from sorasync.profile.load import load_profile, profile_names
from sorasync.profile.profile import Profile
from sorasync.profile.unsupported import Lack
from sorasync.profile.video_model import Model, SecondsRange

__all__ = ["Lack", "Model", "Profile", "ProfileError", "SecondsRange", "load_profile", "profile_names"]
