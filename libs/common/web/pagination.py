"""`?limit=&cursor=` on a route: one parameter of the type `PageParams`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request

from libs.common.pagination import DEFAULT_LIMIT, MAX_LIMIT, Cursors, PageRequest


def page_params(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="How many items at most.")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(description="The `next_cursor` of the page before.")] = None,
) -> PageRequest:
    """Read which page is asked for. The cursor is looked at by `paginate`."""
    return PageRequest(Cursors(request.app.state.settings.cursor_secret), limit, cursor)


PageParams = Annotated[PageRequest, Depends(page_params)]
