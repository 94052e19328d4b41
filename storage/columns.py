"""Column types that round-trip exactly on SQLite and PostgreSQL, and the annotations that tables use."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Double, Text
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator

from storage.text import Json, clean, fold, known, storable


class CleanText(TypeDecorator[str]):
    """Text of any length; what UTF-8 cannot hold is replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean what goes in."""
        return None if value is None else clean(value)


class FoldedText(TypeDecorator[str]):
    """A text in the form in which it is searched."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Fold what goes in, and what it is compared with."""
        return None if value is None else fold(value)


class Moment(TypeDecorator[datetime]):
    """A moment to the microsecond, in UTC; SQLite keeps it without its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Bring what goes in to UTC.

        Raises:
            ValueError: for a time without a zone.

        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Number(TypeDecorator[float]):
    """A float of 64 bits; NaN is null, infinities stay."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """Turn NaN into null."""
        return known(value)


class PlainJson(TypeDecorator[Json]):
    """JSON that both databases take: clean text, finite numbers."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Json, dialect: Dialect) -> Json:
        """Make what goes in storable."""
        return storable(value)


Id: TypeAlias = Annotated[str, mapped_column(CleanText, primary_key=True)]
Words: TypeAlias = Annotated[str, mapped_column(CleanText)]
Folded: TypeAlias = Annotated[str, mapped_column(FoldedText)]
Time: TypeAlias = Annotated[datetime, mapped_column(Moment)]
Real: TypeAlias = Annotated[float, mapped_column(Number)]
Big: TypeAlias = Annotated[int, mapped_column(BigInteger)]
Document: TypeAlias = Annotated[Json, mapped_column(PlainJson)]
