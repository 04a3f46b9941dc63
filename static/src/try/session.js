import { signal } from "@preact/signals";
import { createStore, del, get, set } from "idb-keyval";
import { Client, identityIn, openSocket } from "../core/index.js";
import { emptyDraft } from "../ui/composer.jsx";

const DEMO = "/api/demo/";

/** The demonstration's order and its people with fresh tokens; null where the server has none. */
export async function fetchDemo() {
  const response = await fetch(DEMO);
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  return response.json();
}

/**
 * One person as the page has them: their client, their room, what they are about to write, and
 * whether their panel can be seen.
 */
export class Session {
  draft = signal(emptyDraft());
  focusAsked = signal(0);
  visible = signal(false);
  roomId = signal(null);

  constructor({ me, token, renew, roomId }) {
    this.me = me;
    this.client = new Client({ openSocket, token, renew, me, keepFor: (id) => keepFor(me, id) });
    if (roomId) this.enter(roomId);
    this.client.open();
  }

  get room() {
    return this.roomId.value && this.client.room(this.roomId.value);
  }

  enter(roomId) {
    this.client.room(roomId);
    this.roomId.value = roomId;
  }
}

export function demoSession(person, roomId) {
  const renew = async () => {
    const demo = await fetchDemo();
    return demo?.people.find((one) => one.user_id === person.user_id)?.token ?? null;
  };
  const { user_id, role, name } = person;
  return new Session({ me: { user_id, role, name }, token: person.token, renew, roomId });
}

/** A session for a pasted token; throws where it is none. */
export function tokenSession(token) {
  const me = identityIn(token);
  if (!me.user_id || !me.role) throw new Error("no person in it");
  return new Session({ me: { ...me, name: me.name ?? me.user_id }, token });
}

/** Unconfirmed messages survive a reload; the token is never kept. */
function keepFor(me, roomId) {
  const store = createStore("order-chat", "outbox");
  const key = `${me.user_id}/${roomId}`;
  // Without storage, in a private window say, a reload forgets; that must not stop the sending.
  const ignore = () => undefined;
  return {
    load: () => get(key, store).catch(ignore),
    save: (entries) => {
      const done = entries.length > 0 ? set(key, entries, store) : del(key, store);
      done.catch(ignore);
    },
  };
}
