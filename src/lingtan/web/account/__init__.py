"""Factors, certificates, computed accounts with their figures and findings; the pages that show them."""
