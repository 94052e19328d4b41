"""The ASGI app: services, routes of our own, the Gradio pages, and what every request passes first."""

from __future__ import annotations

import os
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import gradio as gr
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from storage.database import Database, DatabaseError
from webapp.annotation.acting import Stale
from webapp.auth.people import read_people
from webapp.experiments.service import ExperimentService
from webapp.guard import LOOPBACK, Guard
from webapp.login import LoginGate
from webapp.pages import build
from webapp.pages.theme import SecondThoughts
from webapp.password import PasswordGate
from webapp.prefix import Prefix
from webapp.routes.annotation import annotation_routes
from webapp.routes.answer import refusal
from webapp.routes.assets import STATIC, add_assets
from webapp.routes.comparisons import comparison_routes
from webapp.routes.decoding import decoding_routes
from webapp.routes.experiments import experiment_routes
from webapp.routes.information import information_routes
from webapp.routes.library import library_routes
from webapp.routes.methods import method_routes
from webapp.routes.persons import person_routes
from webapp.routes.runs import run_routes
from webapp.routes.servers import server_routes
from webapp.routes.training import training_routes
from webapp.runs.engines import EngineHub
from webapp.runs.library import LibraryService
from webapp.runs.limits import Limits
from webapp.runs.request import BadRequest
from webapp.runs.service import RunService
from webapp.runs.services import Services
from webapp.settings import Settings
from webapp.tasks import procedural

SITE_STYLE = STATIC / "site.css"
LARGEST_UPLOAD = 256 * 2**20  # bytes: an exported session, or a data set


def create_app(settings: Settings) -> FastAPI:
    """Open the database and return the app; its lifespan starts and stops everything else.

    Raises:
        storage.database.DatabaseError: with a sentence, when the database cannot be used.
        webapp.auth.people.PeopleError: with a sentence, when the file of people cannot be used.

    """
    if settings.auth_file is not None:
        read_people(settings.auth_file)
    services = make_services(settings)
    app = bare_app(services)
    mount_pages(app, build(services, app.state.experiments), settings.root_path)
    protect(app, settings)
    return app


def make_services(settings: Settings) -> Services:
    """Return the services over an opened database; nothing runs yet."""
    database = Database.open(settings.database_url)
    hub = EngineHub(settings)
    limits = Limits(stop_on_close=settings.on_close == "stop")
    return Services(settings, database, hub, RunService(database, hub, limits), LibraryService(database))


def bare_app(services: Services) -> FastAPI:
    """Return the app with our own routes; these have to be there before the pages are mounted at /."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=_living)
    app.state.services = services
    app.state.experiments = experiments = ExperimentService(services.database, services.hub, services.runs)
    app.include_router(experiment_routes(experiments, services.access))
    for routes in (
        run_routes, library_routes, method_routes, information_routes, decoding_routes, comparison_routes,
        training_routes,
    ):  # fmt: skip
        app.include_router(routes(services))
    app.include_router(person_routes(services))
    app.include_router(server_routes(services))
    app.include_router(annotation_routes(services))
    add_assets(app)
    app.add_route("/gradio_api/openapi.json", _hidden)  # Gradio describes its endpoints there, whatever it is told
    for uploaded in ("/gradio_api/file={path:path}", "/gradio_api/file/{path:path}"):  # no page shows one again
        app.add_route(uploaded, _hidden)
    app.add_exception_handler(BadRequest, _refused)
    app.add_exception_handler(Stale, _outrun)
    app.add_exception_handler(DatabaseError, _unusable)
    return app


def mount_pages(app: FastAPI, pages: gr.Blocks, root_path: str = "") -> None:
    """Mount the Gradio pages at /, which visitors may see below a path."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # Only launch() sets this; without it a mounted app lets any caller read any file of the server.
    pages.has_launched = True
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "SSR mode is not supported")  # nor asked for
        gr.mount_gradio_app(
            app,
            pages,
            path="/",
            root_path=root_path or None,
            run_history=False,
            show_error=False,
            footer_links=[],
            max_file_size=LARGEST_UPLOAD,
            ssr_mode=False,
            theme=SecondThoughts(),
            css_paths=[SITE_STYLE],
            app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        )


def protect(app: FastAPI, settings: Settings) -> None:
    """Put the guards before everything; the last one added is the first to be asked."""
    app.add_middleware(CORSMiddleware, allow_origins=[])  # its presence switches Gradio's permissive one off
    if settings.password is not None:
        app.add_middleware(PasswordGate, password=settings.password.get_secret_value())
    if settings.auth_file is not None:
        app.add_middleware(LoginGate, file=settings.auth_file, welcome=app.state.services.persons.welcome)
    if settings.root_path:
        app.add_middleware(Prefix, path=settings.root_path)
    app.add_middleware(Guard, hosts=_hosts(settings))


def _hosts(settings: Settings) -> frozenset[str] | None:
    """Return the names this server answers under; beyond loopback any, as it cannot know them all."""
    if settings.reaches_beyond_this_machine:
        return None
    return LOOPBACK | settings.allowed_hosts | {f"[{settings.host}]" if ":" in settings.host else settings.host}


@asynccontextmanager
async def _living(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    experiments: ExperimentService = app.state.experiments
    procedural.keep_in(services.settings.cache_dir)
    if (file := services.settings.auth_file) is not None:
        await services.persons.welcome(*(member.person for member in read_people(file).members))
    services.hub.start(services.settings.model)
    await services.runs.start()
    await experiments.open()
    try:
        yield
    finally:
        await experiments.close()
        await services.runs.close()
        await services.hub.close()
        await services.database.close()


async def _hidden(request: Request) -> Response:
    return refusal("Nothing is published here.", 404)


async def _refused(request: Request, error: Exception) -> Response:
    return refusal(str(error), 400)


async def _outrun(request: Request, error: Exception) -> Response:
    return refusal(str(error), 409)


async def _unusable(request: Request, error: Exception) -> Response:
    return refusal(str(error), 503)
