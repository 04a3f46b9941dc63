import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Composer, emptyDraft } from "../ui/composer.jsx";
import { Details } from "../ui/details.jsx";
import { Chevron } from "../ui/icons.jsx";
import { Avatar, StateDot, UnreadBadge } from "../ui/parts.jsx";
import { People, presenceOf } from "../ui/people.jsx";
import { ConnectionStrip } from "../ui/strip.jsx";
import { Timeline } from "../ui/timeline.jsx";
import { TypingLine } from "../ui/typing-line.jsx";
import { CONNECTION, PRESENCE, ROLES, unreadWords } from "../ui/words.js";
import { useInView } from "./in-view.js";

/** One person's complete client: whom they see, what was said, and where they write. */
export function Panel({ session, active }) {
  const { client, room, me } = session;
  const frame = useRef(null);
  const peopleOpen = useSignal(false);
  const details = useSignal(null);
  const failure = useSignal(null);
  useInView(frame, session.visible);
  useClosed(session, frame, details);

  return (
    <section
      ref={frame}
      class="panel"
      data-person={me.role}
      data-active={active.value === session}
      aria-label={`${me.name}, ${ROLES[me.role]}`}
      onFocusIn={() => (active.value = session)}
      onPointerDown={() => (active.value = session)}
    >
      <Head session={session} peopleOpen={peopleOpen} />
      {peopleOpen.value && <People client={client} room={room} />}
      <ConnectionStrip client={client} room={room} />
      <Failure failure={failure} />
      <Timeline
        room={room}
        visible={session.visible}
        acts={actsOf(session, { details, failure })}
      />
      <TypingLine room={room} />
      <Composer room={room} draft={session.draft} focusAsked={session.focusAsked} />
      {details.value && (
        <Details room={room} message={details.value} onClose={() => (details.value = null)} />
      )}
    </section>
  );
}

/** What was asked for and did not happen. */
function Failure({ failure }) {
  if (failure.value === null) return null;
  return (
    <p class="strip danger" role="alert">
      <span>{failure.value}</span>
      <button type="button" class="quiet" onClick={() => (failure.value = null)}>
        Dismiss
      </button>
    </p>
  );
}

function Head({ session, peopleOpen }) {
  const { client, room, me } = session;
  const { phase, reason } = client.connection.state.value;
  const unread = room.unread.value;
  return (
    <header class="head">
      <div class="who">
        <Avatar person={me} />
        <div class="who-words">
          <h2>
            <bdi>{me.name}</bdi>
            {!session.visible.value && <UnreadBadge count={unread} label={unreadWords(unread)} />}
          </h2>
          <p class="muted">
            {ROLES[me.role]} <span aria-hidden="true">·</span> <StateDot state={phase} />{" "}
            <span title={reason}>{CONNECTION[phase]}</span>
          </p>
        </div>
        <LinkSwitch connection={client.connection} />
      </div>
      <div class="who-else">
        <button
          type="button"
          class="presences"
          aria-expanded={peopleOpen.value}
          onClick={() => (peopleOpen.value = !peopleOpen.value)}
        >
          <span class="presence-list">
            <span class="unseen">People: </span>
            <Presences client={client} room={room} />
          </span>
          <Chevron />
        </button>
        <StatusChoice client={client} />
      </div>
    </header>
  );
}

/** The others, by how they are there: a shape and its word, then the names. */
function Presences({ client, room }) {
  const others = room.participants.value.filter(
    (one) => one.is_active && one.user_id !== room.me.user_id,
  );
  return Object.keys(PRESENCE).map((status) => {
    const names = others
      .filter((one) => presenceOf(client, one.user_id) === status)
      .map((one) => one.name);
    return (
      names.length > 0 && (
        <span key={status} class="presence">
          <StateDot state={status} /> <b>{PRESENCE[status]}</b> {names.join(", ")}
        </span>
      )
    );
  });
}

function LinkSwitch({ connection }) {
  const { phase } = connection.state.value;
  if (phase === "refused") return null;
  const down = phase === "dropped";
  return (
    <button
      type="button"
      class="quiet"
      title={down ? undefined : "Drop the connection, to see what happens then"}
      onClick={() => (down ? connection.resume() : connection.drop())}
    >
      {down ? "Reconnect" : "Drop"}
      {!down && <span class="wide-only"> connection</span>}
    </button>
  );
}

function StatusChoice({ client }) {
  return (
    <label class="select">
      <span class="unseen">Show me as</span>
      <select
        value={client.status.value}
        disabled={!client.connection.online}
        onChange={(event) => client.setStatus(event.currentTarget.value).catch(() => null)}
      >
        <option value="online">Online</option>
        <option value="away">Away</option>
      </select>
    </label>
  );
}

function actsOf(session, { details, failure }) {
  const { room, draft } = session;
  const write = (change) => {
    draft.value = { ...draft.value, ...change };
    session.focusAsked.value += 1;
  };
  return {
    reply: (message) => write({ replyTo: message, editing: null, audience: message.audience }),
    edit: (message) =>
      write({
        text: message.content,
        audience: message.audience,
        editing: message,
        replyTo: null,
      }),
    details: (message) => (details.value = message),
    remove: (message) =>
      room.remove(message.id).catch((error) => {
        failure.value = `Not deleted: ${error.message}`;
      }),
    rewrite: (entry) => {
      room.outbox.discard(entry.client_id);
      write({ ...emptyDraft(), text: entry.content, audience: entry.audience });
    },
  };
}

/** Give the focus back to the message whose details were closed. */
function useClosed(session, frame, details) {
  const opened = useRef(null);
  useEffect(() => {
    const before = opened.current;
    opened.current = details.value;
    if (!before || details.value) return;
    const row = frame.current.querySelector(`[data-seq="${before.seq}"] .more`);
    row?.focus();
  }, [details.value]);
}
