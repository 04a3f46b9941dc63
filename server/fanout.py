"""Telling events to those who may hear them.

The log is the truth and an event is a hint to read it. Each room with listeners here has a
position: a message that is next in line is told as it is, one that was told already is dropped, and
one that leaves a hole makes this instance read the log from its position and tell that, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import structlog

from domain.audience import LEVELS, lesser_clearance
from domain.errors import ChatError
from domain.events import (
    Event,
    MessageDeleted,
    MessageEdited,
    MessageSent,
    ParticipantChanged,
    PresenceChanged,
    ReceiptUpdated,
    RoomChanged,
    RoomOpened,
    TypingStarted,
    TypingStopped,
)
from domain.ports import Span, Store
from domain.views import ParticipantView, RoomView

from .channels import Channel, Channels, Listener
from .tallies import Tallies
from .wire import event_frame

log = structlog.get_logger("fanout")

HEAL_PAGE = 200
"""Messages read from the log at a time when a hole is filled."""
_CUT_OFF = frozenset({"removed", "left", "blocked"})


class Fanout:
    """Tells what happened to the connections of this instance."""

    def __init__(
        self,
        store: Store,
        channels: Channels,
        tallies: Tallies,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._store = store
        self._channels = channels
        self._tallies = tallies
        self._spawn = spawn
        self._ways: dict[type, Callable[[Any], None]] = {
            MessageSent: self._sent,
            MessageEdited: self._changed,
            MessageDeleted: self._changed,
            ReceiptUpdated: self._receipt,
            TypingStarted: self._typing,
            TypingStopped: self._typing,
            PresenceChanged: self._presence,
            ParticipantChanged: self._participant,
            RoomOpened: self._opened,
            RoomChanged: self._room,
        }

    def publish(self, events: Iterable[Event]) -> None:
        """Tell the events, in this order. Never waits: what a listener cannot take yet queues."""
        for event in events:
            self._ways[type(event)](event)

    def _sent(self, event: MessageSent) -> None:
        self._tallies.stirred(event.room_id, event.message.seq, event.message.created_at)
        channel = self._channels.channel(event.room_id)
        if channel is None:
            return
        seq = event.message.seq
        if channel.seq is None or seq == channel.seq + 1:
            channel.seq = seq
            self._deliver(channel, event)
        elif seq > channel.seq:
            channel.wanted = max(channel.wanted, seq)
            if not channel.healing:
                channel.healing = True
                self._spawn(self._heal(event.room_id, channel))

    def _deliver(self, channel: Channel, event: MessageSent) -> None:
        message = event.message
        level = LEVELS[message.audience]
        frame = event_frame(event)
        sender = message.sender.user_id
        for listener, may_see in channel.levels.items():
            if may_see >= level:
                listener.push(frame)
                user_id = listener.actor.user_id
                if user_id != sender:
                    self._tallies.unread(user_id, event.room_id)

    async def _heal(self, room_id: str, channel: Channel) -> None:
        """Tell what the log has beyond the channel's position, until nothing more is wanted."""
        try:
            while channel.seq is not None and channel.seq < channel.wanted:
                span = Span(room_id, LEVELS["staff"], HEAL_PAGE, after=channel.seq)
                page = await self._store.messages(span)
                if not page.messages:
                    break
                for message in page.messages:
                    if message.seq == channel.seq + 1:
                        channel.seq = message.seq
                        self._deliver(channel, MessageSent(room_id, message))
        except ChatError as refusal:
            log.warning("not_healed", room=room_id, code=refusal.code)
        finally:
            channel.healing = False

    def _changed(self, event: MessageEdited | MessageDeleted) -> None:
        channel = self._channels.channel(event.room_id)
        if channel is None:
            return
        level = LEVELS[event.message.audience]
        frame = event_frame(event)
        for listener, may_see in channel.levels.items():
            if may_see >= level:
                listener.push(frame)
                self._tallies.unread(listener.actor.user_id, event.room_id)

    def _receipt(self, event: ReceiptUpdated) -> None:
        channel = self._channels.channel(event.room_id)
        mark = (event.delivered_seq, event.read_seq)
        if channel is not None and mark > channel.marks.get(event.user_id, (0, 0)):
            # Marks only grow, so an answer that was overtaken has nothing to tell.
            channel.marks[event.user_id] = mark
            self._to_room(event.room_id, event)
        self._tallies.unread(event.user_id, event.room_id)

    def _typing(self, event: TypingStarted | TypingStopped) -> None:
        self._to_room(event.room_id, event, but=event.user_id)

    def _presence(self, event: PresenceChanged) -> None:
        frame = event_frame(event)
        for listener in self._channels.around(event.user_id):
            listener.push(frame)
        if event.status == "offline":
            self._channels.forget(event.user_id)

    def _participant(self, event: ParticipantChanged) -> None:
        user_id = event.participant.user_id
        self._channels.moved(user_id)
        self._to_room(event.room_id, event)
        self._tallies.unread(user_id, event.room_id)
        if event.change in _CUT_OFF:
            self._channels.cut_off(user_id, event.room_id)
            return
        channel = self._channels.channel(event.room_id)
        for listener in self._channels.connections_of(user_id):
            # Somebody's part in the order may have changed, and with it what they may see.
            if channel is not None and listener in channel.levels:
                level = lesser_clearance(listener.actor, event.participant.role)
                self._channels.watch(listener, event.room_id, level)

    def _opened(self, event: RoomOpened) -> None:
        frame = event_frame(event)
        for listener in self._seat(event.room):
            listener.push(frame)
        self._stir(event.room)

    def _room(self, event: RoomChanged) -> None:
        room = event.room
        # Who connected while the room was archived does not hear it yet.
        self._seat(room)
        self._to_room(room.id, event)
        for person in _inside(room):
            self._tallies.unread(person.user_id, room.id)
            if room.status == "archived":
                self._channels.cut_off(person.user_id, room.id)
        self._stir(room)

    def _seat(self, room: RoomView) -> list[Listener]:
        """Have everybody who takes part hear the room; the connections that did not yet."""
        seated = []
        for person in _inside(room):
            self._channels.moved(person.user_id)
            channel = self._channels.channel(room.id)
            for listener in self._channels.connections_of(person.user_id):
                self._channels.belongs(person.user_id, room.id)
                if channel is None or listener not in channel.levels:
                    level = lesser_clearance(listener.actor, person.role)
                    self._channels.watch(listener, room.id, level)
                    self._tallies.unread(person.user_id, room.id)
                    seated.append(listener)
        return seated

    def _stir(self, room: RoomView) -> None:
        self._tallies.stirred(room.id, room.last_seq, room.last_activity)

    def _to_room(self, room_id: str, event: Event, but: str | None = None) -> None:
        channel = self._channels.channel(room_id)
        if channel is None:
            return
        frame = event_frame(event)
        for listener in channel.levels:
            if listener.actor.user_id != but:
                listener.push(frame)


def _inside(room: RoomView) -> list[ParticipantView]:
    return [one for one in room.participants if one.is_active and not one.is_blocked]
