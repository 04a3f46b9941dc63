import { CLEARANCE, LEVELS } from "./roles.js";

export const COALESCE_MS = 500;

/**
 * Tells the server how far this person is, at most once per `COALESCE_MS` and never backwards.
 *
 * Read implies delivered, so of the two wishes the one that says more is sent. What fails is kept
 * and said again with the next wish or on the next connection: only the newest mark matters.
 */
export class Receipts {
  #send;
  #told = { delivered: 0, read: 0 };
  #wish = { delivered: 0, read: 0 };
  #timer = null;
  #busy = false;
  #notBefore = 0;

  /** @param {(kind: "delivered"|"read", seq: number) => Promise<void>} send */
  constructor(send) {
    this.#send = send;
  }

  /** The server's own idea of this person's marks. */
  known({ delivered_seq, read_seq }) {
    this.#told.read = Math.max(this.#told.read, read_seq);
    this.#told.delivered = Math.max(this.#told.delivered, delivered_seq, read_seq);
  }

  delivered(seq) {
    this.#wish.delivered = Math.max(this.#wish.delivered, seq);
    this.#schedule();
  }

  read(seq) {
    this.#wish.read = Math.max(this.#wish.read, seq);
    this.#schedule();
  }

  /** A connection is there again. */
  resume() {
    this.#schedule();
  }

  #next() {
    if (this.#wish.read > this.#told.read) return ["read", this.#wish.read];
    if (this.#wish.delivered > this.#told.delivered) return ["delivered", this.#wish.delivered];
    return null;
  }

  #schedule() {
    if (this.#timer !== null || this.#busy || !this.#next()) return;
    const wait = Math.max(0, this.#notBefore - Date.now());
    this.#timer = setTimeout(() => this.#flush(), wait);
  }

  async #flush() {
    this.#timer = null;
    const wish = this.#next();
    if (!wish) return;
    const [kind, seq] = wish;
    this.#busy = true;
    this.#notBefore = Date.now() + COALESCE_MS;
    const failure = await this.#send(kind, seq).then(() => null, (error) => error);
    this.#busy = false;
    if (failure?.retryAfter) this.#notBefore = Date.now() + failure.retryAfter * 1_000;
    if (!failure) this.known({ delivered_seq: seq, read_seq: kind === "read" ? seq : 0 });
    if (!failure || failure.retryAfter) this.#schedule();
  }
}

/** Who is to get a message: everybody active who may see it, except its sender. */
export function recipientsOf(message, participants) {
  return participants.filter(
    (one) =>
      one.is_active &&
      !one.is_blocked &&
      one.user_id !== message.sender.user_id &&
      CLEARANCE[one.role] >= LEVELS[message.audience],
  );
}

/** `sent`, `delivered` or `read`: what the sender's mark shows, worked out from the marks. */
export function statusOf(message, participants) {
  const people = recipientsOf(message, participants);
  if (people.length === 0) return "sent";
  if (people.every((one) => one.read_seq >= message.seq)) return "read";
  if (people.every((one) => one.delivered_seq >= message.seq)) return "delivered";
  return "sent";
}
