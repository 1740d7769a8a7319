"""Bytes: what a bundle's files hold, how they are written and read. Normative: ``site_template/docs/format.md``."""
