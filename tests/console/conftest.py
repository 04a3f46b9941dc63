"""A real browser on a real server in demo mode, and the page as somebody sees it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, async_playwright, expect

from server import bootstrap
from tests.live import LiveServer, live_server

expect.set_options(timeout=10_000)


def browser_path() -> str:
    """The browser to drive; a machine without one fails, because skipping would hide it."""
    found = bootstrap.browser()
    if found is None:
        install = f"apt-get install -y --no-install-recommends {bootstrap.BROWSER_PACKAGE}"
        pytest.fail(f"no browser: set CHROME_PATH, or on Debian: {install}", pytrace=False)
    return found


class Panel:
    """One person's panel on the page."""

    def __init__(self, page: Page, role: str) -> None:
        self.page = page
        self.root = page.locator(f'[data-person="{role}"]')
        self.field = self.root.locator("textarea")
        self.messages = self.root.get_by_role("list", name="Messages")

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def said(self, text: str) -> Locator:
        """The message with exactly this text."""
        exact = self.page.get_by_text(text, exact=True)
        return self.messages.get_by_role("listitem").filter(has=exact)

    async def say(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def choose(self, message: str, action: str) -> None:
        """One of a message's actions."""
        await self.said(message).locator(".more").click()
        await self.page.get_by_role("menuitem", name=action, exact=True).click()

    async def open_people(self) -> None:
        await self.root.locator(".presences").click()


class TryPage:
    """The try-it page in a tab of its own."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.customer = Panel(page, "customer")
        self.rider = Panel(page, "rider")
        self.pharmacy = Panel(page, "pharmacy")
        self.support = Panel(page, "support")
        self.everybody = (self.customer, self.rider, self.pharmacy, self.support)

    async def show(self, *roles: str) -> None:
        """Show these people and nobody else, without loading the page anew."""
        await self.page.evaluate("roles => { location.hash = `show=${roles}` }", ",".join(roles))
        await expect(self.page.locator("[data-person]")).to_have_count(len(roles))


@pytest_asyncio.fixture(scope="session")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveServer]:
    """A server in demo mode: no JWT setting, loopback only."""
    async with live_server(tmp_path_factory.mktemp("demo"), JWT_SECRET="") as running:
        yield running


@pytest_asyncio.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        # Root, as in a container, may not use Chromium's sandbox.
        running = await playwright.chromium.launch(
            executable_path=browser_path(), args=["--no-sandbox"]
        )
        yield running
        await running.close()


OpenTab = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture
async def open_tab(browser: Browser) -> AsyncIterator[OpenTab]:
    """Open tabs; what goes wrong in one, a breach of the content policy too, fails the test."""
    contexts = []
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            faults.append(f"{message.text} ({message.location.get('url')})")

    async def tab(url: str, width: int = 1440, **options: Any) -> Page:
        size = {"width": width, "height": 900}
        context = await browser.new_context(viewport=size, locale="en-GB", **options)
        contexts.append(context)
        page = await context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        await page.goto(url)
        return page

    yield tab
    for context in contexts:
        await context.close()
    # Asking whether there is a demonstration is answered "no" by 404, which browsers report.
    assert [fault for fault in faults if not fault.endswith("/api/demo/)")] == []


OpenTryPage = Callable[..., Awaitable[TryPage]]


@pytest.fixture
def open_try_page(demo: LiveServer, open_tab: OpenTab) -> OpenTryPage:
    """Open the page with everybody connected."""

    async def opened(width: int = 1440, **options: Any) -> TryPage:
        page = TryPage(await open_tab(demo.url + "/", width, **options), demo.url)
        connected = page.page.get_by_text("Connected", exact=True)
        shown = await page.page.locator("[data-person]").count()
        await expect(connected).to_have_count(shown)
        return page

    return opened


@pytest_asyncio.fixture
async def try_page(open_try_page: OpenTryPage) -> TryPage:
    return await open_try_page()
