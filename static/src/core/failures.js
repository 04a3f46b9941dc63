/**
 * The two ways in which a call fails. They must not be confused: after a refusal nothing happened,
 * after silence it may have.
 */

/** Codes after which the same request may work later, unchanged. */
const PASSING = new Set(["rate_limited", "unavailable", "internal"]);

/** The server said no. `retryAfter` is in seconds, null where it named none. */
export class Refusal extends Error {
  constructor({ code, message, details = [], retry_after = null }) {
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.details = details;
    this.retryAfter = retry_after;
  }

  get passing() {
    return PASSING.has(this.code);
  }
}

/** No answer came. `sent` is false where the request certainly never left. */
export class Silence extends Error {
  constructor(operation, { sent }) {
    super(`no answer to ${operation}`);
    this.name = "Silence";
    this.sent = sent;
  }
}
