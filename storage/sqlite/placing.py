"""A draft on its way into the log: as a row, and as the message it becomes."""

from __future__ import annotations

from typing import Any, NamedTuple

from domain.audience import LEVELS
from domain.errors import ChatError
from domain.model import Draft, Message, message_id

from .rows import from_json, to_json, to_ms_or_none

INSERT = """
INSERT INTO messages (room_no, seq, client_id, fingerprint, sender_id, sender_role, sender_name,
    type, audience, content, attachments, reply_to, thread_root, created_at, metadata)
VALUES """
COLUMNS = 15  # of INSERT


class Placing(NamedTuple):
    """A message to be placed, or the reason why only a repeat of it is still answered."""

    draft: Draft
    refusal: ChatError | None


def new_row(
    room_no: int, seq: int, at: int, draft: Draft, attachments: str | None, metadata: str | None
) -> tuple[Any, ...]:
    sender = draft.sender
    return (
        room_no,
        seq,
        draft.client_id,
        draft.fingerprint,
        sender.user_id,
        sender.role,
        sender.name,
        draft.type,
        LEVELS[draft.audience],
        draft.content,
        attachments,
        draft.reply_to,
        draft.thread_root,
        at,
        metadata,
    )


def placed_message(
    draft: Draft, seq: int, attachments: str | None, metadata: str | None
) -> Message:
    """The message a draft became: what a later read gives, without reading."""
    room_id = draft.room_id
    return Message(
        id=message_id(room_id, seq),
        room_id=room_id,
        seq=seq,
        rev=0,
        client_id=draft.client_id,
        sender=draft.sender,
        type=draft.type,
        audience=draft.audience,
        content=draft.content,
        attachments=tuple(from_json(attachments, ())),
        reply_to=None if draft.reply_to is None else message_id(room_id, draft.reply_to),
        thread_root=None if draft.thread_root is None else message_id(room_id, draft.thread_root),
        reply_count=0,
        created_at=draft.created_at,
        edited_at=None,
        is_edited=False,
        is_deleted=False,
        deleted_by=None,
        metadata=from_json(metadata, {}),
    )


def changeable(message: Message) -> dict[str, Any]:
    return {
        "type": message.type,
        "audience": LEVELS[message.audience],
        "content": message.content,
        "attachments": to_json(message.attachments),
        "edited_at": to_ms_or_none(message.edited_at),
        "is_edited": message.is_edited,
        "is_deleted": message.is_deleted,
        "deleted_by": message.deleted_by,
        "metadata": to_json(message.metadata),
    }
