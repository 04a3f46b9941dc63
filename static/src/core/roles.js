/** Which roles see and may do what. The server decides; this keeps the page from offering more. */

export const AUDIENCES = ["everyone", "clinical", "staff"];
export const LEVELS = { everyone: 0, clinical: 1, staff: 2 };
export const CLEARANCE = {
  customer: 1,
  pharmacy: 1,
  rider: 0,
  service: 0,
  support: 2,
  admin: 2,
};
export const MAX_TEXT = 4_000;
/** How long a sender may change a message, in ms. */
export const CHANGE_WINDOW_MS = 15 * 60 * 1_000;

export function isStaff(role) {
  return role === "support" || role === "admin";
}

/** The audiences a role may write to. */
export function audiencesFor(role) {
  return AUDIENCES.filter((audience) => LEVELS[audience] <= CLEARANCE[role]);
}

export function mayEdit(message, me, now) {
  return (
    message.sender.user_id === me.user_id &&
    message.type === "text" &&
    !message.is_deleted &&
    now - Date.parse(message.created_at) < CHANGE_WINDOW_MS
  );
}

export function mayDelete(message, me, now) {
  if (message.is_deleted) return false;
  if (isStaff(me.role)) return true;
  const own = message.sender.user_id === me.user_id;
  return own && now - Date.parse(message.created_at) < CHANGE_WINDOW_MS;
}

/** The person a token names, unverified: for showing, never for deciding. */
export function identityIn(token) {
  const part = token.split(".")[1] ?? "";
  const bytes = Uint8Array.from(
    atob(part.replaceAll("-", "+").replaceAll("_", "/")),
    (character) => character.charCodeAt(0),
  );
  const { sub, role, name } = JSON.parse(new TextDecoder().decode(bytes));
  return { user_id: sub, role, name };
}
