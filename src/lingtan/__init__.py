"""Lingtan: the open book of an industrial park."""
