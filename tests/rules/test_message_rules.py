from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.errors import ChatError, FieldError
from domain.messages import (
    Wording,
    clean_text,
    deleted,
    draft_message,
    edited,
    thread_root_of,
)
from domain.model import (
    Actor,
    Audience,
    Message,
    MessageType,
    Participant,
    Role,
    Room,
    Sender,
    message_id,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MAX_TEXT = 4_000
LAST_MOMENT = NOW + timedelta(minutes=15)
TOO_LATE = LAST_MOMENT + timedelta(milliseconds=1)


def actor(role: Role = "customer", user_id: str = "ana") -> Actor:
    return Actor(user_id, role, user_id.title(), expires_at=NOW + timedelta(hours=1))


def room() -> Room:
    ana = Participant("r-1", "ana", "customer", "Ana", joined_at=NOW)
    return Room("r", "o", "A-1", "open", created_at=NOW, participants=(ana,))


def said(seq: int = 7, **different: Any) -> Message:
    first = Message(
        id=message_id("r", seq),
        room_id="r",
        seq=seq,
        rev=0,
        client_id="c",
        sender=Sender("ana", "customer", "Ana"),
        type="text",
        audience="everyone",
        content="Two boxes, please",
        attachments=(),
        reply_to=None,
        thread_root=None,
        reply_count=0,
        created_at=NOW,
        edited_at=None,
        is_edited=False,
        is_deleted=False,
        deleted_by=None,
        metadata={},
    )
    return replace(first, **different)


# What may be said

controls = [*range(0x20), *range(0x7F, 0xA0)]
UNSEEN = {"Cc", "Cf", "Zs", "Zl", "Zp"}
"""The Unicode categories of what leaves no ink: controls, format characters, white space."""
showable = st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t")
inked = st.characters(exclude_categories=[*UNSEEN, "Cs"])
anything = st.characters(exclude_categories=[])


@given(st.builds("{}{}{}".format, st.text(showable, max_size=40), inked, st.text(showable)))
@example("🧑🏽‍⚕️ 👍🏽 🇮🇳")
@example("شكرا 12 \u202bتم\u202c")
@example("e\u0301 n\u0303 ह\u093f")
@example("Line one\n\tline two\n\nline three")
@example("next to the surrogates: \ud7ff \ue000")
@example("no\u00a0break and zero\u200dwidth and a noncharacter \uffff")
@example("\U0001fae8")  # an emoji younger than the Unicode of Python 3.11
@example("\uf8ff")  # for private use: some fonts have a sign here
@settings(deadline=None)
def test_every_text_that_can_be_shown_is_kept_as_it_is(text: str) -> None:
    assert clean_text(text) == text.strip()


@pytest.mark.parametrize("point", [one for one in controls if chr(one) not in "\n\t"])
def test_control_characters_are_refused_also_at_the_edges(point: int) -> None:
    for text in ("a{}b", "{}b", "a{}", " {} ", "{}", "\u200b{}"):
        with pytest.raises(ChatError, match=f"U\\+{point:04X}") as refused:
            clean_text(text.format(chr(point)))
        assert refused.value.code == "invalid"
        assert [one.field for one in refused.value.details] == ["content"]


@given(st.characters(categories=["Cs"]), st.text(showable, max_size=5))
@settings(deadline=None)
def test_half_of_a_surrogate_pair_is_refused(half: str, text: str) -> None:
    for halved in (f"a{text}{half}", f"{half}{text}a"):
        with pytest.raises(ChatError, match=f"U\\+{ord(half):04X}") as refused:
            clean_text(halved)
        assert refused.value.code == "invalid"


@given(st.text(anything, max_size=40))
@settings(deadline=None)
def test_whatever_comes_is_either_clean_for_good_or_refused(text: str) -> None:
    try:
        kept = clean_text(text)
    except ChatError as refusal:
        assert refusal.code == "invalid"  # noqa: PT017 # both outcomes are right
    else:
        assert clean_text(kept) == kept
        found = {unicodedata.category(one) for one in kept if one not in "\n\t"}
        assert found.isdisjoint({"Cc", "Cs"})
        assert found - UNSEEN, "there is something to see"


@given(st.text(st.characters(categories=[*UNSEEN - {"Cc"}]) | st.sampled_from("\n\t"), max_size=9))
@example("")
@example(" ")
@example("\r\n\t")
@example("\u200b")
@example(" \u200d\u2060\ufeff\n\u00ad\u202e ")
@settings(deadline=None)
def test_where_there_is_nothing_to_see_there_is_nothing(text: str) -> None:
    with pytest.raises(ChatError) as refused:
        clean_text(text, field="caption")

    assert refused.value.code == "invalid"
    assert refused.value.details == (FieldError("caption", "must not be empty"),)


def test_lines_end_in_one_way() -> None:
    assert clean_text("one\r\ntwo\nthree\r\n") == "one\ntwo\nthree"


@pytest.mark.parametrize("character", ["x", "\N{PILL}", "é"])
def test_length_is_counted_in_characters(character: str) -> None:
    assert clean_text(character * MAX_TEXT) == character * MAX_TEXT

    with pytest.raises(ChatError, match="caption: at most 4000") as refused:
        clean_text(character * (MAX_TEXT + 1), field="caption")
    assert refused.value.code == "too_large"
    at_most = "at most 4000 characters, this has 4001"
    assert refused.value.details == (FieldError("caption", at_most),)


@pytest.mark.parametrize("character", [" ", "\x00", "\u200b", "\r\n"])
def test_what_is_too_long_as_it_comes_is_not_looked_at(character: str) -> None:
    with pytest.raises(ChatError) as refused:
        clean_text("a" + character * MAX_TEXT)

    assert refused.value.code == "too_large"


# The fingerprint of a request

wordings = st.builds(
    Wording,
    client_id=st.sampled_from(["c1", "c2"]),
    type=st.sampled_from(get_args(MessageType)),
    content=st.text("0e\x1f", max_size=4) | st.sampled_from(["everyone", "text\x1feveryone"]),
    audience=st.none() | st.sampled_from(get_args(Audience)),
)
answers = st.none() | st.integers(min_value=1, max_value=12)


@given(wordings, answers, wordings, answers)
@settings(deadline=None)
def test_fingerprints_are_equal_for_the_same_request_and_only_for_it(
    one: Wording, answer: int | None, other: Wording, other_answer: int | None
) -> None:
    same = replace(one, client_id="") == replace(other, client_id="") and answer == other_answer
    assert (one.fingerprint(answer) == other.fingerprint(other_answer)) is same


@given(wordings, answers)
@settings(deadline=None)
def test_a_fingerprint_does_not_depend_on_the_client_id(one: Wording, answer: int | None) -> None:
    assert replace(one, client_id="else").fingerprint(answer) == one.fingerprint(answer)


# Drafts

HELLO = Wording("c1", "text", "hello", None)


def test_a_draft_says_who_says_what_where_and_when() -> None:
    draft = draft_message(room(), actor(), NOW, HELLO)

    assert (draft.room_id, draft.client_id, draft.type) == ("r", "c1", "text")
    assert draft.sender == Sender("ana", "customer", "Ana")
    assert draft.content == "hello"
    assert draft.audience == "everyone"
    assert draft.created_at == NOW
    assert draft.fingerprint == HELLO.fingerprint(None)
    assert (draft.reply_to, draft.thread_root) == (None, None)


def test_an_answer_names_what_it_answers_and_where_the_thread_began() -> None:
    first, second = said(3), said(5, reply_to="r-3", thread_root="r-3")

    to_first = draft_message(room(), actor(), NOW, HELLO, first)
    to_second = draft_message(room(), actor(), NOW, HELLO, second)

    assert (to_first.reply_to, to_first.thread_root) == (3, 3)
    assert (to_second.reply_to, to_second.thread_root) == (5, 3)
    assert to_first.fingerprint == HELLO.fingerprint(3)


def test_an_answer_reaches_no_further_than_what_it_answers() -> None:
    draft = draft_message(room(), actor(), NOW, HELLO, said(audience="clinical"))

    assert draft.audience == "clinical"


def test_an_answer_its_sender_could_not_see_is_refused() -> None:
    with pytest.raises(ChatError) as refused:
        draft_message(room(), actor("rider", "ben"), NOW, HELLO, said(audience="clinical"))

    assert refused.value.code == "forbidden"


def test_a_thread_root_is_found_behind_dashes_in_the_room_id() -> None:
    assert thread_root_of(said(9, thread_root="0198-aa-12")) == 12
    assert thread_root_of(said(9)) == 9


# Changing


def test_the_sender_changes_the_text_until_the_window_closes() -> None:
    after = edited(said(), actor(), "Three boxes", LAST_MOMENT)

    assert after == said(content="Three boxes", is_edited=True, edited_at=LAST_MOMENT)


def test_who_comes_too_late_learns_how_long_there_was() -> None:
    with pytest.raises(ChatError, match="for 15 minutes"):
        edited(said(), actor(), "Three boxes", TOO_LATE)


def test_an_edit_to_the_same_text_is_no_edit() -> None:
    before = said()

    assert edited(before, actor(), before.content, NOW) is before


@pytest.mark.parametrize(
    ("message", "who", "now", "code"),
    [
        (said(), actor(user_id="ben"), NOW, "forbidden"),
        (said(), actor("admin", "sue"), NOW, "forbidden"),
        (said(type="image"), actor(), NOW, "forbidden"),
        (said(type="order_update"), actor(), NOW, "forbidden"),
        (said(), actor(), TOO_LATE, "forbidden"),
        (said(is_deleted=True), actor(), NOW, "conflict"),
    ],
)
def test_any_other_edit_is_refused(message: Message, who: Actor, now: datetime, code: str) -> None:
    with pytest.raises(ChatError) as refused:
        edited(message, who, "Three boxes", now)

    assert refused.value.code == code


# Taking back


def test_what_was_said_goes_and_its_number_stays() -> None:
    before = said(attachments=({"id": "a"},), metadata={"lang": "en"}, reply_count=2)

    after = deleted(before, actor(), None, LAST_MOMENT)

    assert after == said(
        content="",
        reply_count=2,
        is_deleted=True,
        deleted_by="ana",
        metadata={"deleted_at": "2026-03-01T12:15:00Z"},
    )


def test_a_reason_is_kept_with_the_tombstone() -> None:
    after = deleted(said(), actor("support", "sue"), "wrong order", NOW)

    assert after.metadata == {"deleted_at": "2026-03-01T12:00:00Z", "reason": "wrong order"}
    assert after.deleted_by == "sue"


@pytest.mark.parametrize("role", ["support", "admin"])
def test_staff_take_back_anything_at_any_time(role: Role) -> None:
    assert deleted(said(type="file"), actor(role, "sue"), None, TOO_LATE).is_deleted


@pytest.mark.parametrize(
    ("who", "now"),
    [
        (actor(), TOO_LATE),
        (actor("pharmacy", "ben"), NOW),
        (actor("service", "platform"), NOW),
    ],
)
def test_anybody_else_may_not_take_it_back(who: Actor, now: datetime) -> None:
    with pytest.raises(ChatError) as refused:
        deleted(said(), who, None, now)

    assert refused.value.code == "forbidden"


@pytest.mark.parametrize("who", [actor(), actor("admin", "sue")])
def test_taking_back_twice_changes_nothing_however_late(who: Actor) -> None:
    gone = deleted(said(), actor(), "typo", NOW)

    assert deleted(gone, who, "again", TOO_LATE) is gone


def test_a_stranger_may_not_even_take_back_what_is_gone() -> None:
    with pytest.raises(ChatError) as refused:
        deleted(said(is_deleted=True), actor(user_id="ben"), None, NOW)

    assert refused.value.code == "forbidden"
