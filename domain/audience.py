"""Who may see a message: an order of three, so that one comparison decides everywhere.

A message's audience and a viewer's clearance are numbers; a viewer sees what is not above them.
"""

from __future__ import annotations

from .errors import ChatError
from .model import Actor, Audience, MessageType, ParticipantRole, Room

LEVELS: dict[str, int] = {"everyone": 0, "clinical": 1, "staff": 2}
AUDIENCES: tuple[Audience, ...] = ("everyone", "clinical", "staff")

CLEARANCE: dict[str, int] = {
    "customer": 1,
    "pharmacy": 1,
    "rider": 0,
    # The order platform arranges rooms; what is said in them is not its business.
    "service": -1,
    "support": 2,
    "admin": 2,
}


def clearance(actor: Actor, room: Room) -> int:
    """The highest level this actor may see in this room."""
    me = room.participant(actor.user_id)
    return CLEARANCE[actor.role] if me is None else lesser_clearance(actor, me.role)


def lesser_clearance(actor: Actor, role: ParticipantRole) -> int:
    """What an actor may see who takes part as ``role``: no more than the lesser of two roles.

    A customer's token listed as pharmacy, or a rider's listed as support, gains nothing. Staff see
    everything, whatever they are listed as.
    """
    own = CLEARANCE[actor.role]
    return own if actor.is_staff else min(own, CLEARANCE[role])


def audience_for(
    asked: Audience | None,
    message_type: MessageType,
    actor: Actor,
    room: Room,
    answered: Audience = "everyone",
) -> Audience:
    """The audience a new message gets: the one asked for where allowed, else the default.

    Riders write only to everyone, only staff write to staff (``forbidden`` otherwise). Pictures and
    files from a customer or a pharmacy are clinical unless they say otherwise: they may well be a
    prescription. A reply that does not say otherwise reaches no further than what it answers.
    """
    level = clearance(actor, room)
    if level < LEVELS["everyone"]:
        raise ChatError("forbidden", "The order platform does not take part in conversations.")
    if asked is None:
        private = message_type in ("image", "file") and actor.role in ("customer", "pharmacy")
        asked = AUDIENCES[max(LEVELS["clinical"] if private else 0, LEVELS[answered])]
    if LEVELS[asked] > level:
        raise ChatError("forbidden", f"You may not write to the audience {asked!r}.")
    return asked
