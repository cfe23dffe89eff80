"""Invite the first three administrators of an installation, from the operator's shell."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from lingtan.web.people.actions import found_installation
from lingtan.web.people.roles import EXCLUSIVE


class Command(BaseCommand):
    """Print three links, each serves once; refused where the installation has administrators already."""

    help = "Invite the system, the security and the audit administrator: three persons."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for role in EXCLUSIVE:
            parser.add_argument(f"--{role.value}", required=True, metavar="E-MAIL")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            tokens = found_installation({role.value: options[role.value] for role in EXCLUSIVE})
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        for role, token in tokens.items():
            link = settings.ADDRESS.rstrip("/") + reverse("invitation", args=[token]) if token else "account exists"
            self.stdout.write(f"{role}: {options[role]}  {link}")
