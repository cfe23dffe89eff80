"""Second factors: what they are made from is kept under the installation's own key."""

from __future__ import annotations

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet
from django.conf import settings


class FactorAdapter(DefaultMFAAdapter):
    """Seeds of apps and of recovery codes stand encrypted in the database: a copy of it alone gives no code."""

    def encrypt(self, text: str) -> str:
        """Encrypt a seed."""
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a seed."""
        return _box().decrypt(encrypted_text.encode()).decode()


def _box() -> Fernet:
    """Return the lock: its key comes from the key that signs sessions (``LINGTAN_SECRET`` or the file ``secret``)."""
    key = hashlib.sha256(b"second factors\n" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
