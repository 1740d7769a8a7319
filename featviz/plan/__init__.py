"""A run on paper: what it would take and whether it fits, before anything is computed."""

from featviz.plan.plan import Plan, make_plan

__all__ = ["Plan", "make_plan"]
