import { signal, useComputed, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Mark } from "../ui/icons.jsx";
import { Avatar, UnreadBadge } from "../ui/parts.jsx";
import { ROLES, unreadWords } from "../ui/words.js";
import { Panel } from "./panel.jsx";
import { createShown } from "./shown.js";

/** The demonstration: the people of one order side by side. */
export function createApp(sessions, orderNumber) {
  const shown = createShown(sessions.map((session) => session.me.role));
  const active = signal(sessions[0]);
  return function App() {
    const visible = sessions.filter((session) => shown.visible.value.includes(session.me.role));
    return (
      <>
        <header class="top">
          <Brand orderNumber={orderNumber} />
          <nav class="show" aria-label="People to show">
            {sessions.map((session) => (
              <Toggle key={session.me.role} session={session} shown={shown} />
            ))}
          </nav>
        </header>
        <main class="panels" data-count={visible.length}>
          {visible.map((session) => (
            <Panel key={session.me.role} session={session} active={active} />
          ))}
          {visible.length === 0 && <p class="card">Nobody is shown. Choose a person above.</p>}
        </main>
        <Announcer active={active} />
      </>
    );
  };
}

export function Brand({ orderNumber }) {
  return (
    <div class="brand">
      <Mark />
      <div>
        <h1>Order chat</h1>
        <p class="muted">
          {orderNumber && `Order ${orderNumber}`}
          {orderNumber && <span>: write as one person, watch the others</span>}
        </p>
      </div>
    </div>
  );
}

function Toggle({ session, shown }) {
  const { me, room } = session;
  const unread = room.unread.value;
  const pressed = shown.visible.value.includes(me.role);
  return (
    <button
      type="button"
      class="toggle"
      aria-pressed={pressed}
      onClick={() => shown.press(me.role)}
    >
      <Avatar person={me} small />
      <span class="toggle-words">
        <bdi>{me.name}</bdi>
        <small>{ROLES[me.role]}</small>
      </span>
      {!pressed && <UnreadBadge count={unread} label={unreadWords(unread)} />}
    </button>
  );
}

/** Reads out what arrives live for the person in use, and only that. */
export function Announcer({ active }) {
  const heard = useRef({ session: null, seq: 0 });
  const region = useRef(null);
  const newest = useComputed(() => {
    const { room } = active.value;
    return room?.standing.value.phase === "inside" ? room.log.messages.value.at(-1) : undefined;
  });
  useSignalEffect(() => {
    const message = newest.value;
    const session = active.value;
    const before = heard.current;
    heard.current = { session, seq: message?.seq ?? 0 };
    // What was there on entering, or when this person was turned to, is history.
    if (!message || before.session !== session || before.seq === 0) return;
    if (message.seq <= before.seq || message.sender.user_id === session.me.user_id) return;
    region.current.textContent = `${message.sender.name}: ${message.content}`;
  });
  // The region must be there before its text for the text to be read.
  useEffect(() => void (region.current.textContent = ""), []);
  return <div ref={region} class="unseen" role="log" aria-label="New messages" />;
}
