"""One Chromium and one sandbox for all tests here; to each its own profile, site and programme.

All of them run in the browser's event loop: each module says
`pytestmark = pytest.mark.asyncio(loop_scope="session")`.
"""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.support.chromium import Site, chromium, fresh, site
from tests.support.sandboxes import box, server

__all__ = ["box", "server"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with fresh(browser) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


@pytest.fixture
def bank() -> Iterator[Site]:
    """A programme's own site."""
    with site() as made:
        yield made


@pytest.fixture
def stranger() -> Iterator[Site]:
    """Somebody else's site."""
    with site("127.0.0.1") as made:
        yield made
