"""The pages around a bundle: built with mkdocs from ``site_template/``, served on this machine."""
