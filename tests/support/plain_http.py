"""Requests to servers of this machine: a connection each, for a server may have died since the last one.

Without certificates: httpx.get() reads all of them each time, and that takes 60 ms of a core.
"""

import httpx

_CLIENT = httpx.Client(
    verify=False,
    trust_env=False,
    limits=httpx.Limits(max_keepalive_connections=0),
)
get, post, request = _CLIENT.get, _CLIENT.post, _CLIENT.request
