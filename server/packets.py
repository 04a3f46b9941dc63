"""Socket.IO packets as clients send them, read strictly and without trust."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson
from socketio import packet

MAX_ATTACHMENTS = 10
"""Binary parts a packet may announce; nothing here takes any, and more is an attack."""
UNREADABLE: Final = object()
"""Stands for the arguments of an event whose id could be read and whose JSON could not."""

_HEAD = re.compile(r"([0-6])(?:(\d{1,10})-)?(?:(/[^,]*),?)?(\d{1,15})?", re.ASCII)
_WITH_BINARY = (packet.BINARY_EVENT, packet.BINARY_ACK)


def too_large(data: Any, limit: int) -> bool:
    """Whether a text frame has more than ``limit`` bytes; cheap for all that are far from it."""
    if not isinstance(data, str) or len(data) * 4 <= limit:
        return False
    return len(data) > limit or len(data.encode()) > limit


def id_of_large(data: str) -> int:
    """The id of an event whose rest is not worth reading; ``ValueError`` if it has none."""
    packet_id: int | None = StrictPacket(encoded_packet=data[:64].partition("[")[0] + "[0]").id
    if packet_id is None:
        raise ValueError("frame too large")
    return packet_id


class StrictPacket(packet.Packet):  # type: ignore[misc] # the library is untyped
    """A packet that is what the protocol says, or ``ValueError``.

    An event that carries an id is always let through, with ``UNREADABLE`` for arguments that make
    no sense, so that it can be answered.
    """

    def decode(self, encoded_packet: Any) -> int:
        """Read the packet; the number of binary parts that follow it."""
        if not isinstance(encoded_packet, str):
            raise ValueError("binary where text belongs")  # noqa: TRY004 # one kind of refusal
        head = _HEAD.match(encoded_packet)
        if head is None:
            raise ValueError("no Socket.IO packet")
        kind, parts, namespace, number = head.groups()
        self.packet_type = int(kind)
        self.namespace = namespace.partition("?")[0] if namespace else None
        self.id = int(number) if number else None
        count = int(parts) if parts else 0
        if (self.packet_type in _WITH_BINARY) != (count > 0) or count > MAX_ATTACHMENTS:
            raise ValueError("binary parts do not fit")
        self.data = self._arguments(encoded_packet[head.end() :])
        return count

    def _arguments(self, text: str) -> Any:
        try:
            arguments = orjson.loads(text) if text else None
        except ValueError:
            arguments = UNREADABLE
        if self.packet_type in (packet.EVENT, packet.BINARY_EVENT):
            if isinstance(arguments, list) and arguments:
                return arguments
            if self.id is None:
                raise ValueError("an event without a name")
            return UNREADABLE
        if arguments is UNREADABLE:
            raise ValueError("not JSON")
        return arguments

    def add_attachment(self, attachment: Any) -> bool:
        """Count a binary part and forget it: no operation takes any."""
        if not isinstance(attachment, bytes):
            raise ValueError("text where a binary part belongs")  # noqa: TRY004 # one kind of refusal
        self.attachments.append(b"")
        if len(self.attachments) < self.attachment_count:
            return False
        self.data = UNREADABLE
        return True
