"""The tables."""

from __future__ import annotations

APPLICATION_ID = 0x4F_52_43_48
"""Written into the file's header: tells our files from other programs' databases."""
FIRST = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('text_index', 0);  -- messages up to this number are in text_index

CREATE TABLE probe (filler BLOB) STRICT;  -- always empty: see check()

CREATE TABLE rooms (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    order_id TEXT NOT NULL UNIQUE,
    order_number TEXT NOT NULL,
    folded_id TEXT NOT NULL,      -- order_id and order_number without case
    folded_number TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL,  -- all times: milliseconds since 1970, UTC
    closed_at INTEGER,
    max_participants INTEGER NOT NULL,
    support TEXT,                 -- JSON, as are labels and metadata
    labels TEXT,
    metadata TEXT,
    last_seq INTEGER NOT NULL DEFAULT 0,
    rev INTEGER NOT NULL DEFAULT 0,
    last_activity INTEGER NOT NULL
) STRICT;
CREATE INDEX rooms_by_activity ON rooms (last_activity DESC, no DESC);

CREATE TABLE participants (
    room_no INTEGER NOT NULL REFERENCES rooms (no),
    user_id TEXT NOT NULL,
    place INTEGER NOT NULL,       -- order within the room
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    level INTEGER NOT NULL,       -- the clearance of the role
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    is_active INTEGER NOT NULL,
    is_muted INTEGER NOT NULL,
    muted_until INTEGER,
    is_blocked INTEGER NOT NULL,
    blocked_until INTEGER,
    notification_preferences TEXT,
    PRIMARY KEY (room_no, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_by_person ON participants (user_id);

CREATE TABLE messages (
    no INTEGER PRIMARY KEY,       -- order of commit, over all rooms
    room_no INTEGER NOT NULL REFERENCES rooms (no),
    seq INTEGER NOT NULL,
    rev INTEGER NOT NULL DEFAULT 0,
    client_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    sender_role TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    type TEXT NOT NULL,
    audience INTEGER NOT NULL,    -- domain.audience.LEVELS
    content TEXT NOT NULL,
    attachments TEXT,             -- JSON, null for none; so is metadata
    reply_to INTEGER,
    thread_root INTEGER,
    created_at INTEGER NOT NULL,
    edited_at INTEGER,
    is_edited INTEGER NOT NULL DEFAULT 0,
    is_deleted INTEGER NOT NULL DEFAULT 0,
    deleted_by TEXT,
    metadata TEXT,
    UNIQUE (room_no, seq),
    UNIQUE (room_no, sender_id, client_id)
) STRICT;
CREATE INDEX messages_in_thread ON messages (room_no, thread_root, seq)
    WHERE thread_root IS NOT NULL;
CREATE INDEX messages_changed ON messages (room_no, rev) WHERE rev > 0;

CREATE TABLE receipts (
    room_no INTEGER NOT NULL REFERENCES rooms (no),
    user_id TEXT NOT NULL,
    kind INTEGER NOT NULL,        -- 0 delivered, 1 read (and so delivered as well)
    seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (room_no, user_id, kind, seq)
) STRICT, WITHOUT ROWID;

-- The room is a word of the index too: so a search in one room does not wade through all others.
CREATE VIEW searchable AS
    SELECT no, 'r' || room_no AS place, content FROM messages WHERE NOT is_deleted;
CREATE VIRTUAL TABLE text_index USING fts5 (
    place, content, content='searchable', content_rowid='no', columnsize=0,
    tokenize='unicode61 remove_diacritics 2'
);
"""

MIGRATIONS: tuple[str, ...] = (FIRST,)
"""Script n brings a file from schema n to n + 1. A released one is never edited, only followed."""
