import { AUDIENCE, ROLES } from "./words.js";
import { Cross, Lock } from "./icons.jsx";

const SHAPES = {
  online: "full",
  connecting: "half",
  away: "half",
  lost: "half",
  offline: "ring",
  dropped: "ring",
  refused: "ring",
};

/** A state as a shape; always beside its word. */
export function StateDot({ state }) {
  return <span class="dot" data-shape={SHAPES[state]} aria-hidden="true" />;
}

export function Avatar({ person, small = false }) {
  const initials = person.name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0])
    .join("");
  return (
    <span class={small ? "avatar small" : "avatar"} data-role={person.role} aria-hidden="true">
      {initials}
    </span>
  );
}

export function RoleChip({ role }) {
  return (
    <span class="chip" data-role={role}>
      {ROLES[role]}
    </span>
  );
}

/** Who else may see a message, where that is not everyone: an icon and words. */
export function AudienceLabel({ audience }) {
  if (audience === "everyone") return null;
  return (
    <span class="audience">
      {audience === "staff" ? <Lock /> : <Cross />}
      {AUDIENCE[audience].label}
    </span>
  );
}

export function UnreadBadge({ count, label }) {
  if (count === 0) return null;
  return (
    <span class="badge">
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span class="unseen">{label}</span>
    </span>
  );
}
