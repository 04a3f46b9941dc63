"""REST: the same operations by the same code, as HTTP wants them."""

from __future__ import annotations

from tests.conftest import As, Come, Order
from tests.live import MESSAGE, PARTICIPANT, ROOM, Rest


async def test_rooms_are_listed_read_closed_reopened_and_archived(
    as_customer: Rest, as_support: Rest, order: Order
) -> None:
    status, listed = await as_customer("GET", "/api/chat-rooms/?limit=5&unread=false&status=open")
    assert (status, listed.keys(), listed["next"]) == (200, {"results", "next"}, None)
    assert [one["id"] for one in listed["results"]] == [order.room_id]
    assert listed["results"][0].keys() == ROOM
    path = f"/api/chat-rooms/{order.room_id}"
    status, room = await as_customer("GET", f"{path}/")
    assert (status, room) == (200, listed["results"][0])
    for act, state in (("close", "closed"), ("reopen", "open"), ("archive", "archived")):
        status, room = await as_support("POST", f"{path}/{act}/", {"reason": "for the test"})
        assert (status, room.keys(), room["status"]) == (200, ROOM, state)
    _, listed = await as_customer("GET", "/api/chat-rooms/")
    assert listed["results"] == []
    _, listed = await as_customer("GET", "/api/chat-rooms/?status=archived")
    assert [one["id"] for one in listed["results"]] == [order.room_id]


async def test_a_room_is_made_once(rest: As, fresh: str) -> None:
    platform = rest("platform", "service")
    body = {"order_id": f"made-{fresh}", "order_number": "N-1", "metadata": {"shop": "one"}}
    status, headers, room = await platform.full("POST", "/api/chat-rooms/", body)
    assert (status, room.keys()) == (201, ROOM)
    assert headers["Location"] == f"/api/chat-rooms/{room['id']}/"
    assert (room["order_number"], room["metadata"]) == ("N-1", {"shop": "one"})
    status, there = await platform("GET", headers["Location"])
    assert (status, there) == (200, room)
    status, headers, again = await platform.full("POST", "/api/chat-rooms/", body)
    assert (status, again["id"]) == (200, room["id"])
    assert "Location" not in headers


async def test_a_room_with_people_is_made_once_and_the_missing_are_added(
    rest: As, fresh: str
) -> None:
    platform = rest("platform", "service")
    path = "/api/chat-rooms/create-with-participants/"
    asha = {"user_id": f"asha-{fresh}", "role": "customer", "name": "Asha"}
    ravi = {"user_id": f"ravi-{fresh}", "role": "rider", "name": "Ravi"}
    body = {"order_id": f"made-{fresh}", "participants": [asha]}
    status, headers, room = await platform.full("POST", path, body)
    assert (status, headers["Location"]) == (201, f"/api/chat-rooms/{room['id']}/")
    assert [one["user_id"] for one in room["participants"]] == [asha["user_id"]]
    body["participants"] = [asha, ravi]
    status, again = await platform("POST", path, body)
    assert (status, again["id"]) == (200, room["id"])
    assert [one["user_id"] for one in again["participants"]] == [asha["user_id"], ravi["user_id"]]
    status, once_more = await platform("POST", path, body)
    assert (status, once_more["rev"]) == (200, again["rev"])


async def test_messages_are_sent_read_changed_answered_and_taken_back(
    as_customer: Rest, order: Order
) -> None:
    body = {"room_id": order.room_id, "client_id": "c1", "content": "Hello"}
    status, headers, message = await as_customer.full("POST", "/api/chat-messages/", body)
    assert (status, message.keys()) == (201, MESSAGE)
    path = f"/api/chat-messages/{message['id']}"
    assert headers["Location"] == f"{path}/"
    status, again = await as_customer("POST", "/api/chat-messages/", body)
    assert (status, again) == (200, message)
    status, conflict = await as_customer("POST", "/api/chat-messages/", {**body, "content": "X"})
    assert (status, conflict["code"]) == (409, "conflict")
    status, got = await as_customer("GET", f"{path}/")
    assert (status, got) == (200, message)
    answer = {"client_id": "c2", "content": "And again"}
    status, headers, reply = await as_customer.full("POST", f"{path}/reply/", answer)
    assert (status, reply["reply_to"]) == (201, message["id"])
    assert headers["Location"] == f"/api/chat-messages/{reply['id']}/"
    status, thread = await as_customer("GET", f"{path}/thread/?limit=5&after_seq=0")
    assert (status, thread["root"]["reply_count"]) == (200, 1)
    assert [one["id"] for one in thread["messages"]] == [reply["id"]]
    for number, (method, way) in enumerate((("PUT", ""), ("POST", "edit/"))):
        status, edited = await as_customer(method, f"{path}/{way}", {"content": f"Edit {number}"})
        assert (status, edited.keys(), edited["content"]) == (200, MESSAGE, f"Edit {number}")
    status, deleted = await as_customer("DELETE", f"{path}/?reason=oops")
    assert (status, deleted["is_deleted"], deleted["content"]) == (200, True, "")
    gone = f"/api/chat-messages/{reply['id']}/delete/"
    status, deleted = await as_customer("POST", gone, {"reason": "oops"})
    assert (status, deleted["is_deleted"]) == (200, True)


async def test_what_rest_does_is_told_over_sockets(
    as_customer: Rest, come: Come, order: Order
) -> None:
    ravi = await come(order.rider, "rider")
    message = await as_customer.say(order.room_id, "c1")
    told = await ravi.hears("message.sent")
    assert told == {"room_id": order.room_id, "message": message}
    await ravi.hears("unread.changed", unread=1)
    await as_customer("PUT", f"/api/chat-messages/{message['id']}/", {"content": "Other"})
    await ravi.hears("message.edited")
    await as_customer("DELETE", f"/api/chat-messages/{message['id']}/")
    await ravi.hears("message.deleted")


async def test_reading_up_to_a_message_is_answered_with_the_receipt(
    as_customer: Rest, rest: As, order: Order
) -> None:
    message = await as_customer.say(order.room_id, "c1")
    ravi = rest(order.rider, "rider")
    status, marked = await ravi("POST", f"/api/chat-messages/{message['id']}/mark-read/")
    assert (status, marked["unread"], marked["receipt"]["read_seq"]) == (200, 0, 1)
    _, known = await as_customer("GET", f"/api/chat-messages/{message['id']}/")
    at = marked["receipt"]["at"]
    assert known["read_by"] == [{"user_id": order.rider, "at": at}]
    assert known["delivered_to"] == [{"user_id": order.rider, "at": at}]


async def test_history_and_search_page_through_their_cursors(
    as_customer: Rest, order: Order, fresh: str
) -> None:
    for number in range(5):
        await as_customer.say(order.room_id, f"c{number}", content=f"word{fresh} {number}")
    for way in ("history", "search"):
        told: list[int] = []
        cursor: str | None = ""
        while cursor is not None:
            if way == "history":
                more = f"&cursor={cursor}" if cursor else ""
                path = f"/api/chat-rooms/{order.room_id}/messages/?limit=2{more}"
                status, page = await as_customer("GET", path)
                told += [one["seq"] for one in reversed(page["results"])]
            else:
                asked = {"query": f"word{fresh}", "limit": 2}
                if cursor:
                    asked["cursor"] = cursor
                status, page = await as_customer("POST", "/api/chat-messages/search/", asked)
                told += [one["seq"] for one in page["results"]]
            assert (status, page.keys()) == (200, {"results", "next"})
            assert len(page["results"]) <= 2
            cursor = page["next"]
        assert told == [5, 4, 3, 2, 1]
    path = f"/api/chat-rooms/{order.room_id}/messages/?after_seq=3&limit=1"
    _, page = await as_customer("GET", path)
    assert [one["seq"] for one in page["results"]] == [4]
    _, page = await as_customer("GET", f"{path[: path.index('?')]}?cursor={page['next']}")
    assert [one["seq"] for one in page["results"]] == [5]


async def test_people_are_added_restricted_and_removed(as_support: Rest, order: Order) -> None:
    body = {"room_id": order.room_id, "user_id": "uma", "role": "rider", "name": "Uma"}
    status, headers, uma = await as_support.full("POST", "/api/chat-participants/", body)
    assert (status, uma.keys()) == (201, PARTICIPANT)
    path = f"/api/chat-participants/{uma['id']}"
    assert headers["Location"] == f"{path}/"
    status, again = await as_support("POST", "/api/chat-participants/", body)
    assert (status, again["id"]) == (200, uma["id"])
    until = "2036-01-31T12:00:00Z"
    status, muted = await as_support("POST", f"{path}/mute/", {"until": until, "reason": "rude"})
    assert (status, muted["is_muted"], muted["muted_until"]) == (200, True, until)
    for act, field, value in (
        ("unmute", "is_muted", False),
        ("block", "is_blocked", True),
        ("unblock", "is_blocked", False),
    ):
        status, changed = await as_support("POST", f"{path}/{act}/")
        assert (status, changed.keys(), changed[field]) == (200, PARTICIPANT, value)
    status, gone = await as_support("DELETE", f"{path}/?reason=reassigned")
    assert (status, gone["is_active"]) == (200, False)


async def test_one_leaves_a_room(as_customer: Rest, order: Order) -> None:
    path = f"/api/chat-rooms/{order.room_id}/"
    _, listed = await as_customer("GET", f"{path}participants/")
    places = {one["user_id"]: one["id"] for one in listed["results"]}
    other = f"/api/chat-participants/{places[order.rider]}/leave-room/"
    status, problem = await as_customer("POST", other)
    assert (status, problem["code"]) == (403, "forbidden")
    own = f"/api/chat-participants/{places[order.customer]}/leave-room/"
    status, gone = await as_customer("POST", own)
    assert (status, gone["user_id"], gone["is_active"]) == (200, order.customer, False)
    status, _ = await as_customer("GET", path)
    assert status == 404


async def test_the_people_of_a_room_are_listed(as_customer: Rest, order: Order) -> None:
    path = f"/api/chat-rooms/{order.room_id}/participants/"
    status, listed = await as_customer("GET", path)
    assert (status, listed.keys(), len(listed["results"])) == (200, {"results", "next"}, 3)
    assert all(one.keys() == PARTICIPANT for one in listed["results"])


async def test_the_people_of_a_room_are_listed_by_pages(as_customer: Rest, order: Order) -> None:
    path = f"/api/chat-rooms/{order.room_id}/participants/"
    _, listed = await as_customer("GET", path)
    status, page = await as_customer("GET", f"{path}?limit=2")
    assert status == 200, page
    assert len(page["results"]) == 2
    status, others = await as_customer("GET", f"{path}?limit=2&cursor={page['next']}")
    assert (status, others["next"]) == (200, None)
    assert page["results"] + others["results"] == listed["results"]
