"""What may be said, changed and taken back."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from unicodedata import category

from .audience import audience_for
from .errors import ChatError, FieldError, invalid
from .model import Actor, Audience, Draft, Message, MessageType, Room, Sender

MAX_TEXT = 4_000
"""Characters in a message (contract §8)."""
CHANGE_WINDOW = timedelta(minutes=15)
"""How long a sender may edit or take back a message (contract §8)."""

_UNWELCOME = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but newline and tab, and halves of surrogate pairs."""
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
"""Unicode's categories of what takes no ink: controls, formats, spaces."""


def clean_text(text: str, *, field: str = "content") -> str:
    """The text as it is kept, without white space around it.

    Refuses what cannot be shown or stored: nothing to see, more than ``MAX_TEXT`` characters,
    control characters other than newline and tab, and lone surrogates.
    """
    if len(text) > MAX_TEXT:
        at_most = f"at most {MAX_TEXT} characters, this has {len(text)}"
        fault = FieldError(field, at_most)
        raise ChatError("too_large", f"{field}: {at_most}.", (fault,))
    # Nearly every message passes this one test; only the rest is looked at by character.
    if not text.isprintable():
        text = _without_the_unprintable(text, field)
    text = text.strip()
    if not text:
        raise invalid(field, "must not be empty")
    return text


def _without_the_unprintable(text: str, field: str) -> str:
    """The text with line ends of one kind; empty where there is nothing to see in it."""
    text = text.replace("\r\n", "\n")
    found = _UNWELCOME.search(text)
    if found is not None:
        point = ord(found[0])
        raise invalid(field, f"must not contain control characters (U+{point:04X})")
    return text if any(category(one) not in _UNSEEN for one in text) else ""


@dataclass(frozen=True, slots=True)
class Wording:
    """What somebody asks to say, cleaned, before it is decided who may see it."""

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
        content=wording.content,
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
    note = {"deleted_at": now.isoformat().replace("+00:00", "Z")}
    if reason:
        note["reason"] = reason
    return replace(
        message,
        content="",
        attachments=(),
        is_deleted=True,
        deleted_by=actor.user_id,
        metadata=note,
    )


def _refuse_if_deleted(message: Message) -> None:
    if message.is_deleted:
        raise ChatError("conflict", "This message was deleted.")


def _refuse_if_old(message: Message, now: datetime) -> None:
    if now - message.created_at > CHANGE_WINDOW:
        minutes = int(CHANGE_WINDOW.total_seconds() // 60)
        raise ChatError(
            "forbidden", f"A message can be changed for {minutes} minutes after sending."
        )
