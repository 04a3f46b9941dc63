import { computed, signal } from "@preact/signals";

const NARROW = "(max-width: 719px)";
const WIDE = "(min-width: 1360px)";
const KEY = "show";

/**
 * Which people are shown, by role: remembered in the address (`#show=customer,support`), else as
 * many as the window is wide for. A narrow window shows one at a time.
 */
export function createShown(roles) {
  const narrow = matching(NARROW);
  const wide = matching(WIDE);
  const chosen = signal(fromHash(roles));
  const single = signal(chosen.value?.[0] ?? roles[0]);
  window.addEventListener("hashchange", () => (chosen.value = fromHash(roles)));

  const several = computed(() => {
    if (chosen.value) return chosen.value;
    return wide.value ? roles : roles.filter((role) => ["customer", "support"].includes(role));
  });
  const visible = computed(() => (narrow.value ? [single.value] : several.value));

  const press = (role) => {
    single.value = role;
    if (narrow.value) return;
    const has = several.value.includes(role);
    const next = roles.filter((one) => (one === role ? !has : several.value.includes(one)));
    chosen.value = next;
    history.replaceState(null, "", `#${KEY}=${next.join(",")}`);
  };
  return { visible, press };
}

function fromHash(roles) {
  const value = new URLSearchParams(location.hash.slice(1)).get(KEY);
  if (value === null) return null;
  const named = value.split(",");
  return roles.filter((role) => named.includes(role));
}

function matching(query) {
  const media = window.matchMedia(query);
  const matches = signal(media.matches);
  media.addEventListener("change", (event) => (matches.value = event.matches));
  return matches;
}
