"""The worker as a process of its own."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lingtan.web.settings")
django.setup()

from lingtan.web.programme import worker  # noqa: E402 - models need Django's start

worker.serve()
