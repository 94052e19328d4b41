"""The pages: each lays out components and hands what a person does to the services."""

from webapp.pages.site import build
from webapp.pages.theme import SecondThoughts

__all__ = ["SecondThoughts", "build"]
