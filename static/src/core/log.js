import { signal } from "@preact/signals-core";

/**
 * What was said in one room, as far as this person may see it: ascending by `seq`, each once.
 *
 * Numbers may be missing, for what somebody may not see is not told to them; so a hole proves
 * nothing, and being complete follows from the cursor alone. The cursor `{after_seq, after_rev}`
 * says what to ask `room.sync` for. Live messages move it only once a catch-up has come to its
 * end: what arrives live while older ones are still being fetched must not skip those.
 */
export class RoomLog {
  #bySeq = new Map();
  #cursor = { after_seq: 0, after_rev: 0 };
  #live = { after_seq: 0, after_rev: 0 };
  #caughtUp = false;

  messages = signal([]);
  /** Whether older messages exist than the ones here. */
  more = signal(false);
  started = false;

  get cursor() {
    return { ...this.#cursor };
  }

  get firstSeq() {
    return this.messages.value[0]?.seq ?? 0;
  }

  get lastSeq() {
    return this.messages.value.at(-1)?.seq ?? 0;
  }

  byId(id) {
    return this.messages.value.find((message) => message.id === id) ?? null;
  }

  /** The newest page, on entering for the first time; `rev` is the room's at that moment. */
  start(messages, rev, more) {
    this.started = true;
    this.more.value = more;
    this.#cursor = { after_seq: messages.at(-1)?.seq ?? 0, after_rev: rev };
    this.#merge(messages);
  }

  /** A message as an event brought it. Returns whether it is new here. */
  live(message) {
    this.#live = further(this.#live, { after_seq: message.seq, after_rev: message.rev });
    if (this.#caughtUp) this.#cursor = further(this.#cursor, this.#live);
    return this.#merge([message]) > 0;
  }

  /** A message known from elsewhere, an ack say; those before it may still be on their way. */
  place(message) {
    return this.#merge([message]) > 0;
  }

  /** One answer of `room.sync`. Returns how many messages were new here. */
  page({ messages, after_seq, after_rev, limited }) {
    const added = this.#merge(messages);
    this.#cursor = further(this.#cursor, { after_seq, after_rev });
    if (!limited) {
      this.#caughtUp = true;
      this.#cursor = further(this.#cursor, this.#live);
    }
    return added;
  }

  /** Messages from before the oldest one here. */
  older(messages, more) {
    this.more.value = more;
    this.#merge(messages, { backwards: true });
  }

  /** The connection broke: from here on messages may be missed. */
  broken() {
    this.#caughtUp = false;
    this.#live = { after_seq: 0, after_rev: 0 };
  }

  #merge(messages, { backwards = false } = {}) {
    const floor = this.more.value && !backwards ? this.firstSeq : 0;
    let changed = false;
    let added = 0;
    for (const message of messages) {
      const known = this.#bySeq.get(message.seq);
      // A changed message from before the first page would stand there alone, with a gap around.
      if (!known && message.seq < floor) continue;
      if (known && known.rev > message.rev) continue;
      this.#bySeq.set(message.seq, message);
      changed = true;
      added += known ? 0 : 1;
    }
    if (changed) this.messages.value = [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq);
    return added;
  }
}

function further(one, other) {
  return {
    after_seq: Math.max(one.after_seq, other.after_seq),
    after_rev: Math.max(one.after_rev, other.after_rev),
  };
}
