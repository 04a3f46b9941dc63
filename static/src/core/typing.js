import { signal } from "@preact/signals-core";

export const START_AGAIN_MS = 3_000;
export const PAUSE_MS = 5_000;
export const LAPSE_MS = 7_000;

/**
 * Tells the others that this person is writing. Starts are `START_AGAIN_MS` apart, also across a
 * stop, because the server refuses what comes oftener.
 */
export class Typist {
  #start;
  #stop;
  #startedAt = -Infinity;
  #active = false;
  #pause = null;
  #later = null;

  constructor({ start, stop }) {
    this.#start = start;
    this.#stop = stop;
  }

  /** A key changed the text. */
  typed() {
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.stopped(), PAUSE_MS);
    const wait = this.#startedAt + START_AGAIN_MS - Date.now();
    if (wait <= 0) this.#begin();
    else if (!this.#active && this.#later === null) {
      // Too soon after the last sign, and perhaps the last key: it is told when it may be.
      this.#later = setTimeout(() => this.#begin(), wait);
    }
  }

  /** The text was sent or cleared, or no key came for a while. */
  stopped() {
    clearTimeout(this.#pause);
    clearTimeout(this.#later);
    this.#later = null;
    if (!this.#active) return;
    this.#active = false;
    this.#stop();
  }

  #begin() {
    clearTimeout(this.#later);
    this.#later = null;
    this.#startedAt = Date.now();
    this.#active = true;
    this.#start();
  }
}

/** Who is writing here, by user id. A sign that is not renewed lapses by itself. */
export class TypingBoard {
  #timers = new Map();

  writers = signal([]);

  started(userId) {
    clearTimeout(this.#timers.get(userId));
    this.#timers.set(userId, setTimeout(() => this.stopped(userId), LAPSE_MS));
    if (!this.writers.value.includes(userId)) this.writers.value = [...this.writers.value, userId];
  }

  stopped(userId) {
    clearTimeout(this.#timers.get(userId));
    this.#timers.delete(userId);
    if (this.writers.value.includes(userId)) {
      this.writers.value = this.writers.value.filter((one) => one !== userId);
    }
  }

  clear() {
    for (const userId of [...this.#timers.keys()]) this.stopped(userId);
  }
}
