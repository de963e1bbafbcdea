"""The bare route: what uvicorn and Starlette cost when nothing is asked and nobody is known.

The same server as the product's: uvloop, httptools, one process, no access log.
"""

import argparse
import json
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from assent.serving import listen


def app(value: Any, database: sqlite3.Connection) -> Starlette:
    async def factors(request: Request) -> Response:
        return Response(msgspec.json.encode(value), media_type="application/json")

    async def ready(request: Request) -> Response:
        return Response()

    async def empty(request: Request) -> Response:
        return Response("<!doctype html><title>Empty</title>", media_type="text/html")

    async def plain(request: Request) -> Response:
        await request.body()
        headers = {"access-control-allow-origin": "*"}
        return Response(b"{}", media_type="application/json", headers=headers)

    async def kept(request: Request) -> Response:
        """As durable as the product's own commits."""
        database.execute("INSERT INTO bodies VALUES (?)", (await request.body(),))
        return await plain(request)

    return Starlette(
        routes=[
            Route("/multi/authentication_factors", factors),
            Route("/health/ready", ready),
            Route("/empty", empty),
            Route("/plain", plain, methods=["POST"]),
            Route("/kept", kept, methods=["POST"]),
        ]
    )


def _database(beside: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{beside}.sqlite3", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE IF NOT EXISTS bodies (body BLOB)")
    return database


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--body", required=True)
    arguments.add_argument("--credentials", type=Path, required=True)
    chosen = arguments.parse_args()
    sockets = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        app(msgspec.json.decode(chosen.body.encode()), _database(chosen.credentials)),
        http="httptools",
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )
    port = sockets[0].getsockname()[1]
    chosen.credentials.write_text(json.dumps({"base_url": f"http://localhost:{port}"}) + "\n")
    uvicorn.Server(config).run(sockets=sockets)


if __name__ == "__main__":
    main()
