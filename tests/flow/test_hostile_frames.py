"""Frames that no client of good will sends: each is answered, or ends its connection at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator

from handlers import OPERATIONS
from server.catalogue import asyncapi
from tests.conftest import Come, Order
from tests.live import LiveServer
from tests.raw import WRONG, code, event, example_in, quiet_log, raw_socket

DOCUMENT = asyncapi()
UNREADABLE = {
    "no JSON": "{",
    "50,000 deep": "[" * 50_000,
    "30,000 deep and closed": "[" * 30_000 + "]" * 30_000,
    "half a surrogate pair": '"\\ud800"',
    "not a number": '{"room_id":NaN}',
}


def field_names(operation: str) -> list[str]:
    return list(OPERATIONS[operation].request.model_fields)


def mutations(order: Order, operation: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The example with each field in turn of every wrong kind, and with a field too many."""
    example = example_in(order, operation)
    for name in field_names(operation):
        for kind, value in WRONG.items():
            yield f"{name}: {kind}", {**example, name: value}
    yield "a field too many", {**example, "nonsense": 1}


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
async def test_what_the_contract_refuses_is_refused(
    server: LiveServer,
    session: aiohttp.ClientSession,
    order: Order,
    operation: str,
) -> None:
    published = Draft202012Validator(
        {**DOCUMENT, "$ref": f"#/channels/socket/messages/{operation}/payload"}
    )
    cases = list(mutations(order, operation))
    refused_ones = 0
    async with (
        quiet_log(server, session),
        raw_socket(session, server.url, server.token(order.support, "support")) as mei,
    ):
        said = {"room_id": order.room_id, "client_id": "1", "content": "Hello"}
        assert (await mei.ask("message.send", **said))["ok"]
        await mei.send(*(event(n, operation, asked) for n, (_, asked) in enumerate(cases)))
        for number, (what, asked) in enumerate(cases):
            answer = await mei.answer(number)
            if not published.is_valid(asked):
                refused_ones += 1
                assert code(answer) in ("invalid", "too_large"), (what, answer)
            elif not answer["ok"]:
                assert code(answer) not in ("internal", "unavailable"), (what, answer)
    assert refused_ones >= len(cases) // 2, "the published schema refuses hardly anything"


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
async def test_an_operation_takes_one_object(
    server: LiveServer, session: aiohttp.ClientSession, order: Order, operation: str
) -> None:
    one = example_in(order, operation)
    wrong = ([], [one, one], [[one]], ["text"], [5], [None], [True], [one, None])
    async with raw_socket(session, server.url, server.token("anybody", "customer")) as anybody:
        await anybody.send(*(event(n, operation, *given) for n, given in enumerate(wrong)))
        assert {code(await anybody.answer(n)) for n in range(len(wrong))} == {"invalid"}


@pytest.mark.parametrize("name", ["no.such", "", "__class__", "connect", "disconnect", "*", "x\n"])
async def test_an_unknown_operation_is_named_as_such(
    server: LiveServer, session: aiohttp.ClientSession, name: str
) -> None:
    async with raw_socket(session, server.url, server.token("anybody", "customer")) as anybody:
        await anybody.send(event(1, name, {}))
        assert code(await anybody.answer(1)) == "unknown_operation"


@pytest.mark.parametrize("name", [5, None, True, [], {}, 1.5])
async def test_the_name_of_an_operation_is_text(
    server: LiveServer, session: aiohttp.ClientSession, name: Any
) -> None:
    async with raw_socket(session, server.url, server.token("anybody", "customer")) as anybody:
        await anybody.send(event(1, name, {}))
        assert code(await anybody.answer(1)) == "invalid"


@pytest.mark.parametrize("argument", UNREADABLE.values(), ids=list(UNREADABLE))
async def test_what_cannot_be_read_is_answered(
    server: LiveServer, session: aiohttp.ClientSession, argument: str
) -> None:
    async with (
        quiet_log(server, session),
        raw_socket(session, server.url, server.token("anybody", "customer")) as anybody,
    ):
        await anybody.send(f'421["message.send",{argument}]')
        assert code(await anybody.answer(1)) == "invalid"
        assert (await anybody.ask("room.list"))["ok"], "the connection is as good as before"


async def test_metadata_has_an_end(come: Come, fresh: str) -> None:
    platform = await come(f"platform-{fresh}", "service")
    for metadata in ({"note": "x" * 9_000}, {f"key{n}": n for n in range(51)}):
        asked = {"order_id": f"wide-{fresh}", "metadata": metadata}
        assert await platform.refused("room.create", **asked) == "invalid"


@pytest.mark.parametrize("depth", [5, 100, 248, 249, 250, 251, 252, 260, 900, 1_000])
async def test_nested_metadata_is_kept_or_refused(
    server: LiveServer, session: aiohttp.ClientSession, fresh: str, depth: int
) -> None:
    """Deeper than a library follows it is refused: it must not break the answer."""
    nested = '{"a":' * depth + "1" + "}" * depth
    asked = f'421["room.create",{{"order_id":"deep-{fresh}","metadata":{nested}}}]'
    async with (
        quiet_log(server, session),
        raw_socket(session, server.url, server.token("platform", "service")) as platform,
    ):
        await platform.send(asked)
        answer = await platform.answer(1)
        assert answer["ok"] or code(answer) in ("invalid", "too_large"), answer
        if answer["ok"]:
            # A list holds it one level deeper than the room alone does.
            again = await platform.ask("room.list", q=f"deep-{fresh}")
            assert len(again["result"]["rooms"]) == 1


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "1e400", "9" * 40, "1E-9999"])
@pytest.mark.parametrize("field", ["seq", "room_id", "nonsense"])
async def test_an_enormous_number_is_refused(
    server: LiveServer, session: aiohttp.ClientSession, order: Order, number: str, field: str
) -> None:
    asked = {"room_id": f'"{order.room_id}"', "seq": "1", field: number}
    payload = ",".join(f'"{name}":{value}' for name, value in asked.items())
    token = server.token(order.customer, "customer")
    async with raw_socket(session, server.url, token) as asha:
        await asha.send(f'421["message.read",{{{payload}}}]')
        assert code(await asha.answer(1)) == "invalid"


TEXTS = {
    "empty": ("", "invalid"),
    "white space": (" \n\t ", "invalid"),
    "too long": ("x" * 4_001, "too_large"),
    "too long in letters of four bytes": ("💊" * 4_001, "too_large"),
    "NUL": ("a\u0000b", "invalid"),
    "escape": ("\u001b[2J", "invalid"),
    "carriage return": ("a\rb", "invalid"),
    "C1 control": ("a\u0085b", "invalid"),
    "DEL": ("a\u007fb", "invalid"),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=list(TEXTS))
async def test_what_cannot_be_shown_is_not_sent(
    come: Come, order: Order, text: str, expected: str
) -> None:
    asha = await come(order.customer, "customer")
    asked = {"room_id": order.room_id, "client_id": "1", "content": text}
    assert await asha.refused("message.send", **asked) == expected
    history = await asha.do("message.history", room_id=order.room_id)
    assert history["messages"] == []


async def test_the_longest_text_is_sent_whole(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    text = "💊" * 4_000
    await asha.do("message.send", room_id=order.room_id, client_id="1", content=text)
    history = await asha.do("message.history", room_id=order.room_id)
    assert [one["content"] for one in history["messages"]] == [text]


IDS = ("../../etc/passwd", "$where", "r1' OR '1'='1", "a b", "", "\n", "x" * 129, "\u2028", "💊")


@pytest.mark.parametrize("strange", IDS)
async def test_a_strange_id_finds_nothing(come: Come, order: Order, strange: str) -> None:
    asha = await come(order.customer, "customer")
    for operation in ("room.get", "message.history", "typing.start", "presence.get"):
        assert await asha.refused(operation, room_id=strange) in ("invalid", "not_found")
    for identifier in (strange, f"{strange}-1", f"{order.room_id}-{strange}", order.room_id + "-"):
        assert await asha.refused("message.get", message_id=identifier) in ("invalid", "not_found")


CURSORS = (
    "x",
    "b1",
    "b-1",
    "a99999999999",
    "YQ==",
    "{}",
    "[1,2]",
    "null",
    "1.5",
    "0|0",
    "é",
    "9" * 200,
)


@pytest.mark.parametrize("cursor", CURSORS)
async def test_a_made_up_cursor_is_refused_or_leads_nowhere(
    come: Come, order: Order, cursor: str
) -> None:
    asha = await come(order.customer, "customer")
    for operation, asked in (
        ("room.list", {}),
        ("message.search", {"query": "Hello"}),
        ("message.history", {"room_id": order.room_id}),
    ):
        answer = await asha.ask(operation, **asked, cursor=cursor)
        assert answer["ok"] or code(answer) == "invalid", (operation, answer)


QUERIES = (
    '"',
    '"a',
    "*",
    "a*b",
    "AND",
    "a OR",
    "NOT a",
    "NEAR(a b)",
    "content:a",
    "-a",
    "^a",
    "(",
    "'",
)


@pytest.mark.parametrize(
    "query", [*QUERIES, "place:r1", "a" * 200, "é" * 200, "💊", "%", "\\", "."]
)
async def test_a_search_takes_words_and_no_language(come: Come, order: Order, query: str) -> None:
    asha = await come(order.customer, "customer")
    for client_id, content in (("1", "Hello there"), ("2", f"say {query} now")):
        said = {"room_id": order.room_id, "client_id": client_id, "content": content}
        await asha.do("message.send", **said)
    found = await asha.do("message.search", query=query)
    assert "1" not in [one["client_id"] for one in found["messages"]]


async def test_a_large_frame_is_answered_unread(
    server: LiveServer, session: aiohttp.ClientSession, order: Order
) -> None:
    asked = {"room_id": order.room_id, "client_id": "1", "content": "x" * 102_400}
    async with raw_socket(session, server.url, server.token(order.customer, "customer")) as asha:
        await asha.send(event(1, "message.send", asked), event("2", "message.send", asked))
        assert code(await asha.answer(1)) == code(await asha.answer(2)) == "too_large"
        assert (await asha.ask("room.list"))["ok"]


async def test_an_enormous_frame_ends_its_connection_only(
    server: LiveServer, session: aiohttp.ClientSession, come: Come, order: Order
) -> None:
    ravi = await come(order.rider, "rider")
    async with quiet_log(server, session):
        token = server.token(order.customer, "customer")
        async with raw_socket(session, server.url, token) as asha:
            await asha.send(event(1, "message.send", {"content": "x" * 10_485_760}))
            # 1006: the rest of the frame was still under way when the server closed.
            assert await asha.ends() in (1009, 1006, None)
        await ravi.do("room.list")


ENDING = {
    "no packet": "4abc",
    "event without a name": "42{}",
    "no event": "42abc[..]",
    "empty event": "42[]",
    "no such packet": "49",
    "nothing": "",
    "no Engine.IO": "abc",
    "second handshake": '40{"token":"x"}',
    "other namespace": '42/admin,1["room.list",{}]',
    "acknowledgement that was not asked for": "43abc",
    "refusal from a client": '44{"message":"no"}',
    "too many binary parts": '452000000000-1["message.send",{"_placeholder":true,"num":0}]',
    "binary packet without parts": '450-1["message.send",{}]',
    "text where a binary part belongs": '451-1["message.send",{"_placeholder":true}]\x1e42["x",{}]',
    "upgrade once more": "2probe",
}


@pytest.mark.parametrize("frames", ENDING.values(), ids=list(ENDING))
async def test_a_frame_that_means_nothing_ends_its_connection(
    server: LiveServer, session: aiohttp.ClientSession, frames: str
) -> None:
    async with (
        quiet_log(server, session),
        raw_socket(session, server.url, server.token("anybody", "customer")) as anybody,
    ):
        await anybody.send(*frames.split("\x1e"))
        await anybody.ends(patience=5)


async def test_who_is_ended_is_not_there_until_they_take_notice(
    server: LiveServer, session: aiohttp.ClientSession, come: Come, order: Order
) -> None:
    """A peer that does not read, not even that it was closed, is gone for the others at once."""
    ravi = await come(order.rider, "rider")
    async with raw_socket(session, server.url, server.token(order.customer, "customer")) as asha:
        await asha.send("abc")
        # The grace time is 2 s; a closing handshake that nobody answers lasts 10 s.
        await ravi.hears("presence.changed", 8, user_id=order.customer, status="offline")


@pytest.mark.parametrize("frame", [b"\x00\x01", b"", b"42[]"])
async def test_a_binary_frame_out_of_the_blue_ends_its_connection(
    server: LiveServer, session: aiohttp.ClientSession, frame: bytes
) -> None:
    async with (
        quiet_log(server, session),
        raw_socket(session, server.url, server.token("anybody", "customer")) as anybody,
    ):
        await anybody.send(frame)
        await anybody.ends(patience=5)


@pytest.mark.parametrize("frame", ['421["room.list",{}]', '42["room.list",{}]', "451-1[1]", "41"])
async def test_nothing_is_done_before_the_handshake(
    server: LiveServer, session: aiohttp.ClientSession, frame: str
) -> None:
    async with (
        quiet_log(server, session),
        raw_socket(session, server.url) as nobody,
    ):
        await nobody.send(frame)
        if frame != "41":
            await nobody.ends(patience=5)
        assert nobody.answers == {}


@pytest.mark.parametrize("parts", [1, 3, 10])
async def test_binary_where_text_belongs_is_answered(
    server: LiveServer, session: aiohttp.ClientSession, order: Order, parts: int
) -> None:
    token = server.token(order.customer, "customer")
    placeholders = [{"_placeholder": True, "num": number} for number in range(parts)]
    asked = {"room_id": order.room_id, "client_id": "1", "content": placeholders}
    async with raw_socket(session, server.url, token) as asha:
        await asha.send(f"45{parts}-1" + json.dumps(["message.send", asked]), *[b"\x00"] * parts)
        assert code(await asha.answer(1)) == "invalid"
        assert (await asha.ask("room.list"))["ok"]
