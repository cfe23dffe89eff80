"""Rules, methods and accounts: flows and factors become cited inventory lines, totals, energy and choices.

``account`` computes, ``methods.load`` reads a method, ``rules.RULES`` holds the rules, ``bridge`` explains the
difference between two accounts, ``present.as_json`` gives the stable keys.
"""

from lingtan.inventory import methods, present, rules
from lingtan.inventory.accounts import account, disregarded
from lingtan.inventory.bridge import Bridge, bridge
from lingtan.inventory.methods import MethodError
from lingtan.inventory.model import Account
from lingtan.inventory.rules import RuleError

__all__ = [
    "Account", "Bridge", "MethodError", "RuleError", "account", "bridge", "disregarded", "methods", "present", "rules",
]  # fmt: skip
