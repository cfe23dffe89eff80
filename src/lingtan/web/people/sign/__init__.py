"""Signing in: what allauth asks us, password profiles, sessions, what other packages tell the audit log."""
