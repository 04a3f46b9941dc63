from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import WebSocketRoute, expect

from tests.console.conftest import OpenTab, OpenTryPage, TryPage
from tests.live import LiveServer

OPENING = "Hello! Is my order already on its way?"
CLINICAL = "Please take the new tablets with food, once a day."
NOTE = "Customer asked twice this week about delays: keep an eye on it."


async def test_everybody_sees_what_was_said_and_only_what_is_for_them(try_page: TryPage) -> None:
    for panel in try_page.everybody:
        await expect(panel.said(OPENING)).to_be_visible()
    for panel in (try_page.customer, try_page.pharmacy, try_page.support):
        await expect(panel.said(CLINICAL)).to_contain_text("Clinical · hidden from the rider")
    await expect(try_page.rider.said(CLINICAL)).to_have_count(0)
    await expect(try_page.support.said(NOTE)).to_contain_text("only support sees this")
    for panel in (try_page.customer, try_page.rider, try_page.pharmacy):
        await expect(panel.said(NOTE)).to_have_count(0)


async def test_marks_go_from_sent_to_delivered_to_read(try_page: TryPage, fresh: str) -> None:
    customer = try_page.customer
    await try_page.rider.button("Drop connection").click()
    await try_page.show("customer")
    await customer.say(f"on its way {fresh}")
    mark = customer.said(f"on its way {fresh}").locator(".mark")
    await expect(mark).to_have_text("Sent")
    await try_page.show("customer", "rider")
    await try_page.rider.button("Reconnect").click()
    await expect(try_page.rider.said(f"on its way {fresh}")).to_be_visible()
    await expect(mark).to_have_text("Delivered")
    await try_page.show("customer", "rider", "pharmacy", "support")
    await expect(mark).to_have_text("Read")


async def test_details_say_who_has_a_message_since_when(try_page: TryPage, fresh: str) -> None:
    await try_page.show("customer", "support")
    await try_page.customer.say(f"details {fresh}")
    await expect(try_page.support.said(f"details {fresh}")).to_be_visible()
    await try_page.customer.choose(f"details {fresh}", "Details")
    sheet = try_page.customer.root.get_by_role("dialog", name="Message details")
    moment = re.compile(r"Mei.*\d\d:\d\d:\d\d")
    await expect(sheet.get_by_role("row").filter(has_text="Mei")).to_have_text(moment)
    await expect(sheet.get_by_role("row").filter(has_text="Ravi")).to_contain_text("Not yet")
    await try_page.page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(try_page.customer.said(f"details {fresh}").locator(".more")).to_be_focused()


async def test_a_reply_shows_what_it_answers(try_page: TryPage, fresh: str) -> None:
    await try_page.customer.say(f"question {fresh}")
    await try_page.support.choose(f"question {fresh}", "Reply")
    await expect(try_page.support.field).to_be_focused()
    await try_page.support.say(f"answer {fresh}")
    answer = try_page.customer.said(f"answer {fresh}")
    await expect(answer.locator(".quote")).to_contain_text(f"question {fresh}")


async def test_an_edit_and_a_removal_reach_everybody(try_page: TryPage, fresh: str) -> None:
    customer = try_page.customer
    await customer.say(f"first {fresh}")
    await customer.choose(f"first {fresh}", "Edit")
    await customer.say(f"second {fresh}")
    for panel in try_page.everybody:
        await expect(panel.said(f"second {fresh}")).to_contain_text("edited")
        await expect(panel.said(f"first {fresh}")).to_have_count(0)
    removed = [await panel.said("Message removed").count() for panel in try_page.everybody]
    await customer.choose(f"second {fresh}", "Delete")
    for panel, before in zip(try_page.everybody, removed, strict=True):
        await expect(panel.said("Message removed")).to_have_count(before + 1)
        await expect(panel.said(f"second {fresh}")).to_have_count(0)


async def test_only_the_sender_may_edit_and_only_support_may_delete_for_others(
    try_page: TryPage, fresh: str
) -> None:
    await try_page.customer.say(f"mine {fresh}")
    items = try_page.page.get_by_role("menuitem")
    for panel, offered in (
        (try_page.customer, ["Reply", "Edit", "Details", "Delete"]),
        (try_page.rider, ["Reply", "Details"]),
        (try_page.support, ["Reply", "Details", "Delete"]),
    ):
        await panel.said(f"mine {fresh}").locator(".more").click()
        await expect(items).to_have_text(offered)
        await try_page.page.keyboard.press("Escape")


async def test_a_note_stays_with_support(try_page: TryPage, fresh: str) -> None:
    support = try_page.support
    await support.root.get_by_label("Who may see it").select_option("Internal note")
    await expect(support.button("Add note")).to_be_visible()
    await support.say(f"note {fresh}")
    await expect(support.said(f"note {fresh}")).to_contain_text("only support sees this")
    await support.root.get_by_label("Who may see it").select_option("Everyone")
    await support.say(f"after the note {fresh}")
    for panel in (try_page.customer, try_page.rider, try_page.pharmacy):
        await expect(panel.said(f"after the note {fresh}")).to_be_visible()
        await expect(panel.said(f"note {fresh}")).to_have_count(0)


async def test_audiences_offered_are_those_a_role_may_write_to(try_page: TryPage) -> None:
    options = "Who may see it"
    clinical = ["Everyone", "Clinical, not the rider"]
    await expect(try_page.rider.root.get_by_label(options)).to_have_count(0)
    for panel, expected in (
        (try_page.customer, clinical),
        (try_page.pharmacy, clinical),
        (try_page.support, [*clinical, "Internal note"]),
    ):
        found = panel.root.get_by_label(options).locator("option")
        await expect(found).to_have_text(expected)


async def test_typing_shows_and_vanishes(try_page: TryPage) -> None:
    sign = try_page.support.root.get_by_text("Asha is typing")
    # A sign that comes while the room is still loading is not shown, and is not sent again.
    await expect(try_page.customer.said(OPENING)).to_be_visible()
    await expect(try_page.support.said(OPENING)).to_be_visible()
    await try_page.customer.field.press_sequentially("I w")
    await expect(sign).to_be_visible()
    await expect(try_page.customer.root.get_by_text("is typing")).to_have_count(0)
    await try_page.customer.field.fill("")
    await expect(sign).to_have_count(0)


async def test_who_is_muted_reads_why_and_keeps_the_draft(try_page: TryPage, fresh: str) -> None:
    rider, support = try_page.rider, try_page.support
    await rider.field.fill(f"half a sentence {fresh}")
    await support.open_people()
    await support.button("Mute 15 min: Ravi").click()
    banner = rider.root.get_by_text("Support has muted you until")
    await expect(banner).to_be_visible()
    await expect(rider.field).to_have_value(f"half a sentence {fresh}")
    await expect(rider.field).not_to_be_editable()
    await expect(rider.button("Send")).to_be_disabled()
    await support.button("Unmute: Ravi").click()
    await expect(banner).to_have_count(0)
    await rider.field.press("Enter")
    await expect(support.said(f"half a sentence {fresh}")).to_be_visible()


async def test_who_is_blocked_is_told_and_catches_up_when_unblocked(
    try_page: TryPage, fresh: str
) -> None:
    pharmacy, support = try_page.pharmacy, try_page.support
    await support.open_people()
    await support.button("Block: City Pharmacy").click()
    banner = pharmacy.root.get_by_text("Support has blocked you")
    await expect(banner).to_be_visible()
    await try_page.customer.say(f"without you {fresh}")
    await expect(support.said(f"without you {fresh}")).to_be_visible()
    await expect(pharmacy.said(f"without you {fresh}")).to_have_count(0)
    await support.button("Unblock: City Pharmacy").click()
    await expect(banner).to_have_count(0)
    await expect(pharmacy.said(f"without you {fresh}")).to_be_visible()


async def test_a_closed_room_is_read_only_until_it_is_reopened(try_page: TryPage) -> None:
    await try_page.support.open_people()
    await try_page.support.button("Close room").click()
    for panel in try_page.everybody:
        await expect(panel.root.get_by_text("This room is closed")).to_be_visible()
    await try_page.support.button("Reopen room").click()
    for panel in try_page.everybody:
        await expect(panel.root.get_by_text("This room is closed")).to_have_count(0)


async def test_what_is_written_offline_arrives_once_and_what_was_missed_is_there(
    try_page: TryPage, fresh: str
) -> None:
    customer, support = try_page.customer, try_page.support
    await customer.button("Drop connection").click()
    await customer.say(f"one {fresh}")
    await customer.say(f"two {fresh}")
    await support.say(f"meanwhile {fresh}")
    await expect(customer.said(f"one {fresh}")).to_contain_text("Waiting to be sent")
    strip = customer.root.get_by_text("Messages are kept and will be sent")
    await expect(strip).to_be_visible()
    await expect(support.said(f"meanwhile {fresh}").locator(".mark")).to_have_text("Sent")
    await expect(support.said(f"one {fresh}")).to_have_count(0)
    back = customer.root.get_by_text("Back online · 1 message synced")
    await asyncio.gather(expect(back).to_be_visible(), customer.button("Reconnect").click())
    words = ("meanwhile", "one", "two")
    for panel in try_page.everybody:
        texts = panel.messages.get_by_text(re.compile(rf"^(meanwhile|one|two) {fresh}$"))
        await expect(texts).to_have_text([f"{word} {fresh}" for word in words])


async def test_a_lost_answer_is_not_confirmed_and_then_arrives_once(
    demo: LiveServer, open_tab: OpenTab, fresh: str
) -> None:
    page = await open_tab("about:blank")
    deaf = False
    sockets: list[WebSocketRoute] = []

    async def wire(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(server.send)
        server.on_message(lambda frame: None if deaf else socket.send(frame))
        sockets.append(socket)

    await page.route_web_socket(re.compile(r"/socket\.io/"), wire)
    await page.goto(demo.url + "/#show=customer")
    shown = TryPage(page, demo.url)
    await shown.customer.say(f"before {fresh}")
    await expect(shown.customer.said(f"before {fresh}").locator(".mark")).to_have_text("Delivered")
    deaf = True
    await shown.customer.say(f"did you get it {fresh}")
    mine = shown.customer.said(f"did you get it {fresh}")
    await expect(mine).to_contain_text("Not confirmed, trying again")
    deaf = False
    await asyncio.gather(*(socket.close() for socket in sockets))
    await expect(mine.locator(".mark")).to_have_text("Delivered")
    await shown.show("support")
    await expect(shown.support.said(f"did you get it {fresh}")).to_have_count(1)


async def test_presence_is_told_in_words(try_page: TryPage) -> None:
    seen = try_page.support.root.locator(".presences")
    await expect(seen).to_contain_text("online Asha, Ravi, City Pharmacy")
    await try_page.rider.root.get_by_label("Show me as").select_option("Away")
    await expect(seen).to_contain_text("away Ravi")
    await try_page.rider.button("Drop connection").click()
    await expect(seen).to_contain_text("offline Ravi")
    await try_page.rider.button("Reconnect").click()
    await expect(seen).to_contain_text("away Ravi")


async def test_script_in_a_message_stays_text(try_page: TryPage, fresh: str) -> None:
    text = f"<img src=x onerror=alert(1)><script>alert(2)</script> {fresh}"
    await try_page.customer.say(text)
    for panel in try_page.everybody:
        await expect(panel.said(text)).to_be_visible()
    await expect(try_page.page.locator("main img, main script")).to_have_count(0)


async def test_enter_that_ends_a_composition_sends_nothing(try_page: TryPage, fresh: str) -> None:
    customer = try_page.customer
    await customer.field.fill(f"composed {fresh} ")
    tools = await try_page.page.context.new_cdp_session(try_page.page)
    composing = {"text": "くすり", "selectionStart": 3, "selectionEnd": 3}
    await tools.send("Input.imeSetComposition", composing)
    await try_page.page.keyboard.press("Enter")
    await expect(customer.field).to_have_value(re.compile(f"composed {fresh} くすり"))
    await tools.send("Input.insertText", {"text": "くすり"})
    await try_page.page.keyboard.press("Enter")
    await expect(try_page.support.said(f"composed {fresh} くすり")).to_have_count(1)


async def test_too_long_a_text_stays_and_cannot_be_sent(try_page: TryPage) -> None:
    customer = try_page.customer
    await customer.field.fill("x" * 3_990)
    await expect(customer.root.get_by_text("10 characters left")).to_be_visible()
    await customer.field.fill("x" * 4_001)
    await expect(customer.root.get_by_text("1 character too many")).to_be_visible()
    await customer.field.press("Enter")
    await expect(customer.field).to_have_value("x" * 4_001)
    await expect(customer.button("Send")).to_be_disabled()


async def test_messages_and_their_actions_are_reached_by_keyboard(
    try_page: TryPage, fresh: str
) -> None:
    page, support = try_page.page, try_page.support
    await support.say(f"earlier {fresh}")
    await support.say(f"later {fresh}")
    await expect(support.said(f"later {fresh}")).to_contain_text("Read")
    await support.field.focus()
    await page.keyboard.press("Shift+Tab")
    await expect(support.said(f"later {fresh}").locator(".more")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowUp")
    await expect(page.get_by_role("menuitem", name="Delete")).to_be_focused()
    await page.keyboard.press("Home")
    await page.keyboard.press("Enter")
    await expect(support.root.locator(".context")).to_contain_text(f"earlier {fresh}")
    await expect(support.field).to_be_focused()


async def test_a_narrow_window_shows_one_person_and_counts_for_the_others(
    open_try_page: OpenTryPage, fresh: str
) -> None:
    shown = await open_try_page(360)
    await expect(shown.page.locator("[data-person]")).to_have_count(1)
    toggle = shown.page.get_by_role("navigation").get_by_role("button", name="Mei")
    await shown.customer.say(f"anybody there {fresh}")
    await expect(toggle).to_contain_text(re.compile(r"unread message"))
    await toggle.click()
    await expect(shown.support.said(f"anybody there {fresh}")).to_be_visible()
    await expect(shown.customer.root).to_have_count(0)
    await expect(toggle).not_to_contain_text("unread")
    sideways = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await shown.page.evaluate(sideways)


async def test_who_is_shown_is_kept_in_the_address(try_page: TryPage) -> None:
    await try_page.page.get_by_role("navigation").get_by_role("button", name="Ravi").click()
    await expect(try_page.rider.root).to_have_count(0)
    await try_page.page.reload()
    await expect(try_page.page.locator("[data-person]")).to_have_count(3)
    await expect(try_page.rider.root).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
async def test_no_barrier_is_found(open_try_page: OpenTryPage, scheme: str, width: int) -> None:
    shown = await open_try_page(width, color_scheme=scheme)
    await expect(shown.customer.said(OPENING)).to_have_count(1)
    if width > 360:
        await shown.support.open_people()
        await shown.support.root.get_by_label("Who may see it").select_option("Internal note")
        await shown.support.field.fill("A note")
        await shown.rider.button("Drop connection").click()
        await expect(shown.rider.root.get_by_text("will be sent")).to_be_visible()
        await shown.pharmacy.choose(CLINICAL, "Details")
    results = await Axe().run(shown.page)
    assert results.response["violations"] == []


async def test_without_a_demonstration_a_token_signs_in(
    server: LiveServer, open_tab: OpenTab, order: Any, fresh: str
) -> None:
    page = await open_tab(server.url + "/")
    await page.get_by_label("Token").fill("not.a.token")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("This is not a token")
    stranger = server.token(order.customer, "customer", secret=secrets.token_urlsafe(32))
    await page.get_by_label("Token").fill(stranger)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_contain_text("does not accept this token")
    await page.get_by_label("Token").fill(server.token(order.customer, "customer"))
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("button", name=f"Order A-{fresh}").click()
    customer = TryPage(page, server.url).customer
    await expect(customer.root.get_by_text("No messages yet")).to_be_visible()
    await customer.say("the first one")
    await expect(customer.said("the first one").locator(".mark")).to_have_text("Sent")
