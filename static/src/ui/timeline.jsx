import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { mayDelete, mayEdit } from "../core/index.js";
import { Bubble, EventLine, PendingBubble } from "./bubble.jsx";
import { Menu } from "./menu.jsx";
import { rowsOf } from "./rows.js";
import { lastSeen, useTimelineScroll } from "./scroll.js";
import { dayWords } from "./times.js";
import { OLDER, newWords } from "./words.js";

/**
 * The room's conversation. `visible` is a signal: only what is in view while it is true is read.
 * `acts` are `{reply, edit, remove, details, rewrite}`, each with the message or entry.
 */
export function Timeline({ room, visible, acts }) {
  const rows = useComputed(() =>
    rowsOf(room.log.messages.value, room.outbox.entries.value, room.me),
  );
  const seen = (seq) => visible.value && seq > 0 && room.receipts.read(seq);
  const { list, atEnd, toEnd, onScroll } = useTimelineScroll(rows.value, seen);
  const menu = useSignal(null);

  // Coming into view is reading what was there already.
  useSignalEffect(() => {
    if (visible.value && list.current) seen(lastSeen(list.current));
  });
  useOwnToEnd(room, toEnd);

  return (
    <div class="timeline-frame">
      <Rows
        list={list}
        rows={rows.value}
        room={room}
        onScroll={onScroll}
        onMenu={(message, anchor) => (menu.value = { message, anchor })}
        onRewrite={acts.rewrite}
      />
      {!atEnd.value && <ToEnd room={room} onClick={toEnd} />}
      {menu.value && (
        <Menu
          anchor={menu.value.anchor}
          label="Message actions"
          items={itemsFor(menu.value.message, room, acts)}
          onClose={() => (menu.value = null)}
        />
      )}
    </div>
  );
}

/** The lines. The actions of all messages are one stop for Tab: the last one used, or the newest. */
function Rows({ list, rows, room, onScroll, ...rest }) {
  const current = useSignal(null);
  const last = rows.findLast((row) => row.kind === "message")?.key;
  const stop = rows.some((row) => row.key === current.value) ? current.value : last;
  return (
    <ol
      ref={list}
      class="timeline"
      tabIndex={0}
      aria-label="Messages"
      onScroll={onScroll}
      onKeyDown={(event) => moveBetween(event, list.current)}
      onFocusIn={(event) => {
        current.value = event.target.closest("li")?.dataset.key ?? current.value;
      }}
    >
      <Older room={room} />
      {rows.map((row) => (
        <Line
          key={row.key}
          row={row}
          room={room}
          focusable={row.key === stop}
          onJump={(message) => jumpTo(list.current, message.seq)}
          {...rest}
        />
      ))}
      {rows.length === 0 && <Nothing room={room} />}
    </ol>
  );
}

function Line({ row, room, focusable, onMenu, onJump, onRewrite }) {
  if (row.kind === "day") {
    return (
      <li class="day" data-key={row.key}>
        <span>{dayWords(row.at)}</span>
      </li>
    );
  }
  if (row.kind === "pending") {
    return (
      <li class="row" data-key={row.key} data-own="true">
        <PendingBubble
          entry={row.entry}
          onRetry={(entry) => room.outbox.retry(entry.client_id)}
          onEdit={onRewrite}
          onDiscard={(entry) => room.outbox.discard(entry.client_id)}
        />
      </li>
    );
  }
  const { message, own, continues } = row;
  const shared = { "data-key": row.key, "data-seq": message.seq };
  if (row.kind === "event") {
    return (
      <li class="row centred" {...shared}>
        <EventLine message={message} />
      </li>
    );
  }
  return (
    <li class="row" {...shared} data-own={own} data-continues={continues}>
      <Bubble row={row} room={room} focusable={focusable} onMenu={onMenu} onJump={onJump} />
    </li>
  );
}

function Older({ room }) {
  const state = useSignal("ready");
  if (!room.log.more.value) return null;
  const load = async () => {
    state.value = "loading";
    state.value = await room.loadOlder().then(
      () => "ready",
      () => "failed",
    );
  };
  return (
    <li class="older">
      <button type="button" class="quiet" disabled={state.value === "loading"} onClick={load}>
        {OLDER[state.value]}
      </button>
    </li>
  );
}

function Nothing({ room }) {
  const { phase } = room.standing.value;
  if (phase === "entering") {
    return (
      <li class="skeleton" aria-hidden="true">
        <span />
        <span />
        <span />
      </li>
    );
  }
  if (phase === "outside") return null;
  return <li class="empty">No messages yet. Write the first one below.</li>;
}

function ToEnd({ room, onClick }) {
  const count = room.unread.value;
  return (
    <button type="button" class="to-end" onClick={onClick}>
      {count > 0 ? newWords(count) : "Latest ↓"}
    </button>
  );
}

/** What somebody writes themself is always shown, wherever they had scrolled to. */
function useOwnToEnd(room, toEnd) {
  const count = room.outbox.entries.value.length;
  const before = useRef(count);
  useEffect(() => {
    if (count > before.current) toEnd();
    before.current = count;
  }, [count]);
}

function itemsFor(message, room, acts) {
  const now = Date.now();
  const canWrite = room.voice.value === null;
  const items = [];
  if (canWrite && !message.is_deleted) {
    items.push({ label: "Reply", act: () => acts.reply(message) });
  }
  if (canWrite && mayEdit(message, room.me, now)) {
    items.push({ label: "Edit", act: () => acts.edit(message) });
  }
  items.push({ label: "Details", act: () => acts.details(message) });
  if (mayDelete(message, room.me, now)) {
    items.push({ label: "Delete", danger: true, act: () => acts.remove(message) });
  }
  return items;
}

/** Arrows move between the actions of messages. */
function moveBetween(event, list) {
  if (!["ArrowUp", "ArrowDown"].includes(event.key) || !event.target.matches(".more")) return;
  const buttons = [...list.querySelectorAll(".more")];
  const step = event.key === "ArrowUp" ? -1 : 1;
  const next = buttons[buttons.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function jumpTo(list, seq) {
  const row = list.querySelector(`[data-seq="${seq}"]`);
  if (!row) return;
  row.scrollIntoView({ block: "center" });
  row.classList.remove("flash");
  // Reading a size makes the browser take notice, so that the flash starts anew.
  void row.offsetWidth;
  row.classList.add("flash");
}
