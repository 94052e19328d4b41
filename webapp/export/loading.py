"""The model that reads or draws for an export, loaded as the program would."""

from __future__ import annotations

import asyncio

from webapp.engine.protocol import Engine
from webapp.models.load import LoadOptions, load
from webapp.models.progress import silent
from webapp.settings import Settings


async def loaded(settings: Settings) -> Engine:
    """Return the engine of the model that the settings name.

    Raises:
        ModelError: when it cannot be had.

    """
    memory = int(settings.memory * 1e9)
    folder = settings.cache_dir / "models"
    options = LoadOptions(folder, settings.device, settings.dtype, settings.threads, settings.max_batch, memory)
    return await asyncio.to_thread(load, settings.model, options, silent)
