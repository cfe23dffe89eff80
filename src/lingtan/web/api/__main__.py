"""``DJANGO_SETTINGS_MODULE=lingtan.web.settings python -m lingtan.web.api``: write the description of the API anew."""

from __future__ import annotations

import django

if __name__ == "__main__":
    django.setup()
    from lingtan.web.api import root

    root.SNAPSHOT.write_text(root.text_of(root.make()), encoding="utf-8")
