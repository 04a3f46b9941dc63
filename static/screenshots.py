"""Pictures of the try-it page for the documentation, light and dark.

Start a server in demo mode with an empty ``DATA_DIR``, then:
``python -m static.screenshots http://127.0.0.1:8080/``
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Locator, Page, async_playwright

from server import bootstrap

IMAGES = Path(__file__).parent.parent / "docs" / "images"
MAX_BYTES = 300_000
ANSWERED = "Thank you all. Asha, Ravi should be with you by 14:30."


def field(page: Page, role: str) -> Locator:
    return page.locator(f'[data-person="{role}"] textarea')


async def converse(page: Page) -> None:
    """A reply that everybody has read, a note about to be added, and somebody writing."""
    customer = page.locator('[data-person="customer"]')
    await customer.locator("li.row", has_text=ANSWERED).locator(".more").click()
    await page.get_by_role("menuitem", name="Reply").click()
    await field(page, "customer").fill("Perfect. The bell is broken, so please knock.")
    await field(page, "customer").press("Enter")
    await customer.locator("li.row").last.locator(".mark[data-status=read]").wait_for()
    support = page.locator('[data-person="support"]')
    await support.get_by_label("Who may see it").select_option("staff")
    await field(page, "support").fill("No refund needed: it arrives in time.")
    await field(page, "rider").press_sequentially("Will d")
    await customer.get_by_text("Ravi is typing").wait_for()


async def take(url: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=bootstrap.browser(), args=["--no-sandbox"]
        )
        page = await browser.new_page(viewport={"width": 1440, "height": 900}, locale="en-GB")
        await page.goto(url)
        await page.locator('[data-person="rider"] .bubble').first.wait_for()
        await converse(page)
        for scheme, name in (("light", "try-it.png"), ("dark", "try-it-dark.png")):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            await page.screenshot(path=IMAGES / name, animations="disabled", caret="hide")
            if (IMAGES / name).stat().st_size > MAX_BYTES:
                sys.exit(f"{name} is larger than {MAX_BYTES} bytes")
        await browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    IMAGES.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(sys.argv[1]))
