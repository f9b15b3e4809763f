"""Calls to the outside and between services: the only importer of httpx.

Every call has a deadline, repeats what may be repeated, stops asking a host that is down, and ends in an answer or in
one of three errors that tell a caller all it needs (house style, section 5):

    HttpFailure
    ├── Refused          they said no; final
    ├── NotSent          it certainly was not taken; safe to repeat
    └── OutcomeUnknown   it may have happened: reconcile first, never resend blindly
"""

from libs.common.http.breaker import Breaker, BreakerState
from libs.common.http.client import Http, Reply, Timeouts
from libs.common.http.failures import HttpFailure, NotSent, OutcomeUnknown, Refused
from libs.common.http.guarded import Answer, ForbiddenAddress, Guarded
from libs.common.http.service_client import ServiceClient

__all__ = [
    "Answer",
    "Breaker",
    "BreakerState",
    "ForbiddenAddress",
    "Guarded",
    "Http",
    "HttpFailure",
    "NotSent",
    "OutcomeUnknown",
    "Refused",
    "Reply",
    "ServiceClient",
    "Timeouts",
]
