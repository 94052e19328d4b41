"""Readers of data sets in their original file formats."""

from webapp.tasks.readers.registry import FORMATS, Format, read
from webapp.tasks.readers.rows import ReadError
from webapp.tasks.readers.table import ColumnMapping

__all__ = ["FORMATS", "ColumnMapping", "Format", "ReadError", "read"]
