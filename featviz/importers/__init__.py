"""Dashboards that other programs made, as a bundle: recognise, survey, number the tokens, make records, publish."""
