"""What the player of a dataset's episodes asks for: the steps as JSON, pictures as JPEG."""

from http import HTTPStatus
from typing import Annotated

from fastapi import FastAPI, Query
from starlette.responses import JSONResponse, PlainTextResponse, Response

from untether_nodes.console.dataset_library import DatasetLibrary
from untether_policies.errors import BundleError

EPISODE_PATH = "/api/datasets/episode"
PICTURE_PATH = "/api/datasets/picture"

# What is asked for with a version never changes.
_HEADERS = {"Cache-Control": "private, max-age=3600, immutable"}
_Number = Annotated[int, Query(ge=0)]


def serve_datasets(app: FastAPI, library: DatasetLibrary) -> None:
    """Serve episodes of datasets; the functions are called in threads, as they are not coroutines.

    Args:
        app: Where.
        library: The datasets that there are.
    """

    @app.get(EPISODE_PATH)
    def show_episode(dataset: str, version: str, episode: _Number) -> Response:
        try:
            return JSONResponse(library.read_episode(dataset, version, episode), headers=_HEADERS)
        except BundleError as error:
            return PlainTextResponse(str(error), HTTPStatus.NOT_FOUND)

    @app.get(PICTURE_PATH)
    def show_picture(
        dataset: str, version: str, episode: _Number, camera: str, frame: _Number
    ) -> Response:
        try:
            content = library.read_picture(dataset, version, episode, camera, frame)
        except BundleError as error:
            return PlainTextResponse(str(error), HTTPStatus.NOT_FOUND)
        return Response(content, media_type="image/jpeg", headers=_HEADERS)
