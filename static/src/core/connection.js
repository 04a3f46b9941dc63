import { signal } from "@preact/signals-core";
import { Refusal, Silence } from "./failures.js";

export const ACK_TIMEOUT_MS = 5_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

/**
 * One person's connection: it stays up, and says how it is.
 *
 * `state.value` is `{ phase, since, nextTryAt, reason }`, times in ms since the epoch. Phases:
 * - `connecting`: the first attempt is under way
 * - `online`
 * - `lost`: broken, it is being tried again at `nextTryAt`
 * - `dropped`: taken down by `drop()`, until `resume()`
 * - `refused`: the token is not accepted and there is no other; `reason` is for people
 *
 * Reconnecting is done here and not by socket.io so that the next attempt can be told and forced.
 * Nothing is buffered here either: a request made without a connection fails at once, because what
 * must survive a break is in the outbox, and the rest would be stale when it went out.
 */
export class Connection {
  #socket;
  #token;
  #renew;
  #renewed = false;
  #failures = 0;
  #timer = null;

  /**
   * @param {object} options
   * @param {(auth: Function) => object} options.openSocket gives a socket.io socket not yet open
   * @param {string} options.token
   * @param {() => Promise<string|null>} [options.renew] a new token of the same person, or null
   * @param {(name: string, payload: object) => void} options.onEvent
   */
  constructor({ openSocket, token, renew = async () => null, onEvent }) {
    this.#token = token;
    this.#renew = renew;
    this.state = signal(stateOf("connecting"));
    this.#socket = openSocket((send) => send({ token: this.#token }));
    this.#socket.on("connect", () => this.#connected());
    this.#socket.on("connect_error", (error) => this.#notConnected(error));
    this.#socket.on("disconnect", () => this.#broken());
    this.#socket.onAny((name, payload) => {
      if (name === "session.expiring") this.#extend();
      onEvent(name, payload);
    });
  }

  get online() {
    return this.state.value.phase === "online";
  }

  open() {
    this.#socket.connect();
  }

  /** Take the connection down as a dead network would, and leave it down. */
  drop() {
    this.#rest();
    this.state.value = stateOf("dropped");
    this.#socket.disconnect();
  }

  /** Try now: after `drop()`, or instead of waiting for the next attempt. */
  resume() {
    if (this.online) return;
    this.#rest();
    const { since } = this.state.value;
    this.state.value = { ...stateOf("lost"), since };
    this.#socket.connect();
  }

  /** Ask the server; the result, or a `Refusal` or `Silence`. */
  call(operation, argument = {}) {
    if (!this.#socket.connected) return Promise.reject(new Silence(operation, { sent: false }));
    return new Promise((resolve, reject) => {
      this.#socket.timeout(ACK_TIMEOUT_MS).emit(operation, argument, (error, ack) => {
        if (error) reject(new Silence(operation, { sent: true }));
        else if (ack.ok) resolve(ack.result);
        else reject(new Refusal(ack.error));
      });
    });
  }

  #connected() {
    this.#rest();
    this.#failures = 0;
    this.#renewed = false;
    this.state.value = stateOf("online");
  }

  #broken() {
    if (this.state.value.phase === "dropped") return;
    this.state.value = stateOf("lost");
    this.#tryLater();
  }

  async #notConnected(error) {
    if (error.data?.code !== "unauthenticated") return this.#tryLater();
    const token = this.#renewed ? null : await this.#renew().catch(() => null);
    if (token === null) {
      this.state.value = { ...stateOf("refused"), reason: error.message };
      return undefined;
    }
    this.#renewed = true;
    this.#token = token;
    return this.#socket.connect();
  }

  #tryLater() {
    if (this.state.value.phase === "dropped") return;
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, LONGEST_DELAY_MS);
    // Clients that lost the same server must not all come back in the same instant.
    const spread = delay * (0.75 + Math.random() / 2);
    this.#failures += 1;
    this.state.value = { ...this.state.value, phase: "lost", nextTryAt: Date.now() + spread };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#socket.connect(), spread);
  }

  async #extend() {
    const token = await this.#renew().catch(() => null);
    if (token === null) return;
    this.#token = token;
    // Not answered or refused: the server ends the session, and connecting anew takes the token.
    await this.call("session.refresh", { token }).catch(() => null);
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}

function stateOf(phase) {
  return { phase, since: Date.now(), nextTryAt: null, reason: null };
}
