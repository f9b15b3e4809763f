"""The usual way to write a gateway: Starlette, two middlewares, httpx, python-jose and redis-py. A peer, not a model.

`bench.gateway_door` runs it as `uvicorn bench.peers.starlette_gateway:app`; PEER_* in the environment say where things
are.
"""

from __future__ import annotations

import json
import os
import time
import uuid

import httpx
import redis.asyncio as redis
from jose import JWTError, jwt
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

BUCKET = """
local state = redis.call('HMGET', KEYS[1], 'at', 'left') local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local size, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local left = size
if state[1] then left = math.min(size, tonumber(state[2]) + (now - tonumber(state[1])) * rate / 1000) end
if left < 1 then return 0 end
redis.call('HSET', KEYS[1], 'at', now, 'left', left - 1) redis.call('PEXPIRE', KEYS[1], 60000)
return 1
"""

upstream = httpx.AsyncClient(
    base_url=os.environ["PEER_UPSTREAM"], limits=httpx.Limits(max_connections=500, max_keepalive_connections=500)
)
store = redis.Redis.from_url(os.environ["PEER_REDIS"])
keys = {key["kid"]: key for key in json.loads(os.environ["PEER_JWKS"])["keys"]}
bucket = store.register_script(BUCKET)


class Timing(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        began = time.perf_counter()
        response = await call_next(request)
        response.headers["X-Time"] = f"{time.perf_counter() - began:.6f}"
        return response


class RequestId(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["X-Request-ID"] = str(uuid.uuid4())
        return response


async def forward(request: Request) -> Response:
    token = request.headers.get("Authorization", "")[len("Bearer ") :]
    try:
        kid = jwt.get_unverified_header(token)["kid"]
        claims = jwt.decode(token, keys[kid], algorithms=["ES256"], audience=os.environ["PEER_AUDIENCE"])
    except (JWTError, KeyError):
        return JSONResponse({"detail": "unauthorized"}, 401)
    if not await bucket(keys=["bucket:" + claims["sub"]], args=[10_000_000, 10_000_000]):
        return JSONResponse({"detail": "too many"}, 429)
    answer = await upstream.request(
        request.method,
        request.url.path,
        params=request.query_params,
        headers={"Authorization": request.headers["Authorization"]},
        content=await request.body(),
    )
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


app = Starlette(
    routes=[Route("/{path:path}", forward, methods=["GET", "POST", "PATCH", "DELETE"])],
    middleware=[Middleware(Timing), Middleware(RequestId)],
)
