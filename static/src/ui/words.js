/** Every word the pages show that does not come from the server. */

const plural = new Intl.PluralRules("en");

/** The wording for a count, `forms` being by plural category. */
function counted(count, forms) {
  return `${count} ${forms[plural.select(count)] ?? forms.other}`;
}

export const ROLES = {
  customer: "Customer",
  rider: "Rider",
  pharmacy: "Pharmacy",
  support: "Support",
  admin: "Admin",
  service: "Order system",
};

export const AUDIENCE = {
  everyone: { choice: "Everyone", label: "Everyone in this room" },
  clinical: { choice: "Clinical, not the rider", label: "Clinical · hidden from the rider" },
  staff: { choice: "Internal note", label: "Internal note · only support sees this" },
};

export const PRESENCE = { online: "online", away: "away", offline: "offline" };

export const CONNECTION = {
  connecting: "Connecting…",
  online: "Connected",
  lost: "Reconnecting…",
  dropped: "Offline",
  refused: "Signed out",
};

/** Why moderation is not queued. */
export const ONLINE_ONLY = "Not while offline: this takes effect at once or not at all.";

export const STATUS = { sent: "Sent", delivered: "Delivered", read: "Read" };

export const PENDING = {
  queued: "Waiting to be sent",
  sending: "Sending",
  unconfirmed: "Not confirmed, trying again",
  failed: "Not sent",
};

export const OLDER = {
  ready: "Earlier messages",
  loading: "Loading…",
  failed: "Could not load. Retry",
};

export const REMOVED = "Message removed";

/** The name of a message's menu; `name` null for an own message. */
export function actionsWords(name, time) {
  return `Actions for ${name === null ? "your message" : `the message from ${name}`}, ${time}`;
}

export function typingWords(names) {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing`;
  return `${names.length} people are typing`;
}

export function syncedWords(count) {
  if (count === 0) return "Back online · nothing missed";
  return `Back online · ${counted(count, { one: "message", other: "messages" })} synced`;
}

export function newWords(count) {
  return `${count} new ↓`;
}

export function unreadWords(count) {
  return counted(count, { one: "unread message", other: "unread messages" });
}

export function leftWords(count) {
  return count < 0
    ? `${counted(-count, { one: "character", other: "characters" })} too many`
    : `${counted(count, { one: "character", other: "characters" })} left`;
}

/** Why this person cannot write; `until` is a written time or null. */
export function silencedWords(code, until) {
  const words = {
    closed: "This room is closed. You can read it but not write to it.",
    archived: "This room is archived. You can read it but not write to it.",
    blocked: "Support has blocked you from this room. New messages do not reach you.",
    removed: "You no longer take part in this room.",
    left: "You left this room.",
    not_found: "This room is not there, or you do not take part in it.",
  };
  if (code !== "muted") return words[code] ?? "You cannot write here just now.";
  return until
    ? `Support has muted you until ${until}. You can read but not write.`
    : "Support has muted you. You can read but not write.";
}
