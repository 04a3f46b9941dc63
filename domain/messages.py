"""What may be said, changed and taken back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .audience import audience_for
from .errors import ChatError, invalid
from .model import Actor, Audience, Draft, Message, MessageType, Room, Sender
from .permissions import Action, authorize

MAX_TEXT = 4_000
"""Characters in a message (contract §8)."""
CHANGE_WINDOW = timedelta(minutes=15)
"""How long a sender may edit or take back a message (contract §8)."""

_ALLOWED_CONTROLS = frozenset("\n\t")


def clean_text(text: str, *, field: str = "content") -> str:
    """The text as it is kept, without white space around it.

    Refuses what cannot be shown or stored: nothing at all, more than ``MAX_TEXT`` characters,
    control characters other than newline and tab, and lone surrogates.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise invalid(field, "must not be empty")
    if len(text) > MAX_TEXT:
        raise ChatError(
            "too_large", f"{field}: at most {MAX_TEXT} characters, this has {len(text)}."
        )
    # Nearly every message passes the one test in C; only the rest is looked at by character.
    if not text.isprintable():
        _refuse_unprintable(text, field)
    return text


def _refuse_unprintable(text: str, field: str) -> None:
    for character in text:
        point = ord(character)
        if (point < 0x20 and character not in _ALLOWED_CONTROLS) or 0x7F <= point < 0xA0:
            raise invalid(field, f"must not contain control characters (U+{point:04X})")
        if 0xD800 <= point <= 0xDFFF:
            raise invalid(field, "must not contain half of a surrogate pair")


@dataclass(frozen=True, slots=True)
class Wording:
    """What somebody asks to say, before it is decided who may see it."""

    client_id: str
    type: MessageType
    content: str
    audience: Audience | None

    def fingerprint(self, reply_to: int | None) -> str:
        """Equal for two requests that ask for the same message, and only for those."""
        asked = (self.type, self.audience or "", str(reply_to or 0), self.content)
        return hashlib.blake2b("\x1f".join(asked).encode(), digest_size=12).hexdigest()


def draft_message(
    room: Room, actor: Actor, now: datetime, wording: Wording, answered: Message | None = None
) -> Draft:
    """A message ready to be placed in the room, as an answer to ``answered`` if there is one."""
    reply_to = None if answered is None else answered.seq
    return Draft(
        room_id=room.id,
        client_id=wording.client_id,
        sender=Sender(actor.user_id, actor.role, actor.name),
        type=wording.type,
        audience=audience_for(
            wording.audience,
            wording.type,
            actor,
            room,
            "everyone" if answered is None else answered.audience,
        ),
        content=clean_text(wording.content),
        fingerprint=wording.fingerprint(reply_to),
        created_at=now,
        reply_to=reply_to,
        thread_root=None if answered is None else thread_root_of(answered),
    )


def thread_root_of(message: Message) -> int:
    """The number of the message that started the thread: itself, if it answers nothing."""
    if message.thread_root is None:
        return message.seq
    return int(message.thread_root.rpartition("-")[2])


def edited(message: Message, actor: Actor, content: str, now: datetime) -> Message:
    """The message with new text: by its sender, text only, within ``CHANGE_WINDOW``."""
    _refuse_if_deleted(message)
    if message.sender.user_id != actor.user_id:
        raise ChatError("forbidden", "Only its sender may edit a message.")
    if message.type != "text":
        raise ChatError("forbidden", "Only text can be edited.")
    _refuse_if_old(message, now)
    if message.content == content:
        return message
    return replace(message, content=content, is_edited=True, edited_at=now)


def deleted(message: Message, actor: Actor, reason: str | None, now: datetime) -> Message:
    """The tombstone: by its sender within ``CHANGE_WINDOW``, by staff always.

    The number stays, what was said goes. Deleting what is deleted changes nothing.
    """
    if message.sender.user_id != actor.user_id and not actor.is_staff:
        raise ChatError("forbidden", "Only its sender or support may delete a message.")
    if message.is_deleted:
        return message
    if not actor.is_staff:
        _refuse_if_old(message, now)
    note = {"deleted_at": now, "reason": reason} if reason else {"deleted_at": now}
    return replace(
        message,
        content="",
        attachments=(),
        is_deleted=True,
        deleted_by=actor.user_id,
        metadata=note,
    )


def check_editable(room: Room, actor: Actor, now: datetime) -> None:
    """Taking back needs a voice and, for everyone but staff, an open room."""
    if not actor.is_staff:
        authorize(actor, Action.SEND, room, now)


def _refuse_if_deleted(message: Message) -> None:
    if message.is_deleted:
        raise ChatError("conflict", "This message was deleted.")


def _refuse_if_old(message: Message, now: datetime) -> None:
    if now - message.created_at > CHANGE_WINDOW:
        minutes = int(CHANGE_WINDOW.total_seconds() // 60)
        raise ChatError(
            "forbidden", f"A message can be changed for {minutes} minutes after sending."
        )
