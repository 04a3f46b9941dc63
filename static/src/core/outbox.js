import { signal } from "@preact/signals-core";
import { Refusal } from "./failures.js";

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

/**
 * What one person has written in one room and the server has not confirmed, in order.
 *
 * An entry is `{client_id, content, audience, reply_to, created_at, state, attempts, not_before,
 * error}`; `not_before` in ms since the epoch. Its states:
 * - `queued`: waiting for the connection, its turn, or the end of a rate limit
 * - `sending`
 * - `unconfirmed`: sent, not answered; it may have arrived, so it is repeated under its `client_id`
 * - `failed`: refused for good, `error` says why; `retry` or `discard` it
 * A stored entry leaves the outbox. One entry is on its way at a time: that alone keeps the order
 * when an answer is lost.
 */
export class Outbox {
  #send;
  #keep;
  #newId;
  #online = false;
  #busy = false;
  #timer = null;

  entries = signal([]);

  /**
   * @param {object} options
   * @param {(entry: object) => Promise<void>} options.send fails with `Refusal` or `Silence`
   * @param {{load: () => Promise<object[]>, save: (entries: object[]) => void}} [options.keep]
   *   where entries survive a reload
   */
  constructor({ send, keep = null, newId = () => crypto.randomUUID() }) {
    this.#send = send;
    this.#keep = keep;
    this.#newId = newId;
  }

  /** Take up what an earlier visit left; what was on its way then is unconfirmed now. */
  async restore() {
    const kept = (await this.#keep?.load()) ?? [];
    const again = kept.map((entry) => ({
      ...entry,
      state: entry.state === "sending" ? "unconfirmed" : entry.state,
      not_before: 0,
    }));
    this.#set([...again, ...this.entries.value]);
    this.#pump();
  }

  add({ content, audience, reply_to = null }) {
    const entry = {
      client_id: this.#newId(),
      content,
      audience,
      reply_to,
      created_at: new Date().toISOString(),
      state: "queued",
      attempts: 0,
      not_before: 0,
      error: null,
    };
    this.#set([...this.entries.value, entry]);
    this.#pump();
    return entry;
  }

  online(is) {
    this.#online = is;
    // A new connection is the best moment to ask again; no need to sit out the delay.
    if (is) this.#set(this.entries.value.map((entry) => ({ ...entry, not_before: 0 })));
    this.#pump();
  }

  /** The server has it, whether or not its ack arrived. */
  settle(clientId) {
    if (this.entries.value.some((entry) => entry.client_id === clientId)) this.discard(clientId);
  }

  retry(clientId) {
    this.#patch(clientId, { state: "queued", attempts: 0, not_before: 0, error: null });
    this.#pump();
  }

  discard(clientId) {
    this.#set(this.entries.value.filter((entry) => entry.client_id !== clientId));
  }

  async #pump() {
    clearTimeout(this.#timer);
    const next = this.entries.value.find((entry) => entry.state !== "failed");
    if (this.#busy || !this.#online || !next) return;
    const wait = next.not_before - Date.now();
    if (wait > 0) {
      this.#timer = setTimeout(() => this.#pump(), wait);
      return;
    }
    this.#busy = true;
    this.#patch(next.client_id, { state: "sending" });
    try {
      await this.#send(next);
      this.settle(next.client_id);
    } catch (error) {
      this.#patch(next.client_id, afterFailure(next, error, Date.now()));
    }
    this.#busy = false;
    this.#pump();
  }

  #patch(clientId, change) {
    this.#set(
      this.entries.value.map((entry) =>
        entry.client_id === clientId ? { ...entry, ...change } : entry,
      ),
    );
  }

  #set(entries) {
    this.entries.value = entries;
    this.#keep?.save(entries);
  }
}

/** What becomes of an entry whose sending failed at `now` (ms since the epoch). */
export function afterFailure(entry, error, now) {
  const attempts = entry.attempts + 1;
  const delay = Math.min(FIRST_DELAY_MS * 2 ** entry.attempts, LONGEST_DELAY_MS);
  if (error instanceof Refusal && !error.passing) {
    return { state: "failed", error: { code: error.code, message: error.message } };
  }
  if (error instanceof Refusal) {
    const wait = error.retryAfter === null ? delay : error.retryAfter * 1_000;
    return { state: "queued", attempts, not_before: now + wait };
  }
  if (!error.sent) return { state: "queued", not_before: 0 };
  return { state: "unconfirmed", attempts, not_before: now + delay };
}
