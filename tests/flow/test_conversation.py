"""Four people talk about an order, over real sockets."""

from __future__ import annotations

from tests.conftest import Come, Order


async def test_a_message_reaches_everybody_in_the_room(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    mei = await come(order.support, "support")
    await mei.do("room.join", order_id=order.order_id)
    sent = await asha.do("message.send", room_id=order.room_id, client_id="1", content="Hello")
    assert sent["message"]["seq"] == 1
    assert not sent["duplicate"]
    for person in (asha, ravi, mei):
        told = await person.hears("message.sent", room_id=order.room_id)
        assert told["message"] == sent["message"]


async def test_a_repeat_returns_the_first_and_tells_nobody(come: Come, order: Order) -> None:
    asha = await come(order.customer, "customer")
    ravi = await come(order.rider, "rider")
    first = await asha.do("message.send", room_id=order.room_id, client_id="1", content="Hello")
    again = await asha.do("message.send", room_id=order.room_id, client_id="1", content="Hello")
    assert again == {"message": first["message"], "duplicate": True}
    code = await asha.refused(
        "message.send", room_id=order.room_id, client_id="1", content="Something else"
    )
    assert code == "conflict"
    await asha.do("message.send", room_id=order.room_id, client_id="2", content="The end")
    await ravi.hears("unread.changed", room_id=order.room_id, unread=2)
    assert [one["message"]["seq"] for one in ravi.heard("message.sent")] == [1, 2]
