import { dayOf } from "./times.js";

const GROUP_GAP_MS = 5 * 60 * 1_000;
const EVENTS = new Set(["system", "order_update", "delivery_update"]);

/**
 * What a timeline shows, line by line: `{kind, key, …}` of kind `day`, `event`, `message` or
 * `pending`. A line that `continues` the one before needs no second heading.
 *
 * A pending line and the message it becomes share their key, so that the line stays in place.
 */
export function rowsOf(messages, entries, me) {
  const rows = [];
  let before = null;
  for (const message of messages) {
    const own = message.sender.user_id === me.user_id;
    if (!before || dayOf(before.created_at) !== dayOf(message.created_at)) {
      rows.push({ kind: "day", key: `day ${dayOf(message.created_at)}`, at: message.created_at });
    }
    rows.push({
      kind: EVENTS.has(message.type) ? "event" : "message",
      key: own ? message.client_id : message.id,
      message,
      own,
      continues: continues(before, message),
    });
    before = message;
  }
  const stored = new Set(messages.map((message) => message.client_id));
  const waiting = entries.filter((entry) => !stored.has(entry.client_id));
  for (const entry of waiting) rows.push({ kind: "pending", key: entry.client_id, entry });
  return rows;
}

function continues(before, message) {
  return (
    before !== null &&
    !EVENTS.has(before.type) &&
    before.sender.user_id === message.sender.user_id &&
    before.audience === message.audience &&
    dayOf(before.created_at) === dayOf(message.created_at) &&
    Date.parse(message.created_at) - Date.parse(before.created_at) <= GROUP_GAP_MS
  );
}
