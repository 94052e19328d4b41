"""The Library: what is stored can be found, named, put away, taken along."""

from __future__ import annotations
