"""The small computed park of the account's tests serves these too."""

from web.account.conftest import computed, kept_park, marks, small_folder, someone

__all__ = ["computed", "kept_park", "marks", "small_folder", "someone"]
