/** Times as people read them, in their own zone and locale. */

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const exactClock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const weekday = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const DAY_MS = 24 * 60 * 60 * 1_000;

export function timeOf(at) {
  return clock.format(new Date(at));
}

export function exactTimeOf(at) {
  return exactClock.format(new Date(at));
}

export function fullTimeOf(at) {
  return full.format(new Date(at));
}

/** Equal for two moments of one day, here. */
export function dayOf(at) {
  return new Date(at).toDateString();
}

export function dayWords(at, now = Date.now()) {
  if (dayOf(at) === dayOf(now)) return "Today";
  // Noon, because a day with a clock change is not 24 hours long.
  const noon = new Date(now).setHours(12, 0, 0, 0);
  return dayOf(at) === dayOf(noon - DAY_MS) ? "Yesterday" : weekday.format(new Date(at));
}

/** A moment to come: the time alone where it is today. */
export function whenWords(at, now = Date.now()) {
  const day = dayOf(at) === dayOf(now) ? "" : `${weekday.format(new Date(at))}, `;
  return `${day}${timeOf(at)}`;
}
