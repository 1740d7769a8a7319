"""Importers of other programs' dashboards."""
