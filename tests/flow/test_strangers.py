"""What somebody learns of a room that is not theirs: nothing, not even that it is there."""

from __future__ import annotations

from typing import Any

import pytest

from domain.permissions import GRANTS
from handlers import OPERATIONS
from tests.conftest import Come, Order

ON_A_ROOM = sorted(name for name, one in OPERATIONS.items() if one.on_room)
NOT_FOR_MEMBERS = [
    name
    for name in ON_A_ROOM
    if (action := OPERATIONS[name].action) is not None and not GRANTS[action].participant
]


def aimed(name: str, room_id: str) -> dict[str, Any]:
    """The operation's own example, about this room."""
    ids = {"room_id": room_id, "message_id": f"{room_id}-1", "order_id": f"order-of-{room_id}"}
    example = OPERATIONS[name].example
    return {field: ids.get(field, value) for field, value in example.items()}


@pytest.mark.parametrize("operation", ON_A_ROOM)
async def test_a_strangers_room_is_answered_like_one_that_is_not_there(
    come: Come, order: Order, fresh: str, operation: str
) -> None:
    asha = await come(order.customer, "customer")
    await asha.say(order.room_id, "Secret")
    stranger = await come(f"stranger-{fresh}", "customer")
    there = aimed(operation, order.room_id)
    if "order_id" in there:
        there["order_id"] = order.order_id
    real = await stranger.ask(operation, **there)
    unreal = await stranger.ask(operation, **aimed(operation, "0" * len(order.room_id)))
    assert real["error"]["code"] == "not_found"
    assert real == unreal


@pytest.mark.parametrize("operation", NOT_FOR_MEMBERS)
async def test_who_is_inside_learns_that_it_is_forbidden(
    come: Come, order: Order, operation: str
) -> None:
    asha = await come(order.customer, "customer")
    assert await asha.refused(operation, **aimed(operation, order.room_id)) == "forbidden"


async def test_the_platform_reads_no_conversation(come: Come, order: Order, fresh: str) -> None:
    asha = await come(order.customer, "customer")
    said = await asha.say(order.room_id, f"parcel{fresh}")
    platform = await come("platform", "service")
    assert await platform.refused("message.history", room_id=order.room_id) == "forbidden"
    assert await platform.refused("message.get", message_id=said["id"]) == "forbidden"
    found = await platform.ask("message.search", query=f"parcel{fresh}")
    assert not found["ok"] or found["result"]["messages"] == []
    room = (await platform.do("room.get", room_id=order.room_id))["room"]
    assert room["last_message"] is None
