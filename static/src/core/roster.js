import { computed, signal } from "@preact/signals-core";

/** Beyond this a browser's timer fires at once; by then the page was loaded anew. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The room as it stands: its own state, who takes part, how far each is, who is muted. */
export class Roster {
  #unmuting = null;

  /** The contract's Room, null until entered. */
  view = signal(null);
  participants = computed(() => this.view.value?.participants ?? []);

  participant(userId) {
    return this.participants.value.find((one) => one.user_id === userId) ?? null;
  }

  /** The room as an answer or an event has it. */
  adopt(room) {
    // Events carry the room as everybody sees it: what is this person's own stays.
    const last_message = room.last_message ?? this.view.value?.last_message ?? null;
    this.#set({ ...room, last_message });
  }

  replace(participant) {
    const { participants } = this.view.value;
    const known = participants.some((one) => one.user_id === participant.user_id);
    const replaced = participants.map((one) =>
      one.user_id === participant.user_id ? participant : one,
    );
    this.#set({
      ...this.view.value,
      participants: known ? replaced : [...participants, participant],
    });
  }

  /** Somebody got further; marks never move back, and what is read is delivered. */
  mark(userId, deliveredSeq, readSeq) {
    const known = this.participant(userId);
    if (!known) return;
    this.replace({
      ...known,
      delivered_seq: Math.max(known.delivered_seq, deliveredSeq, readSeq),
      read_seq: Math.max(known.read_seq, readSeq),
    });
  }

  #set(view) {
    this.view.value = view;
    this.#watchMutes();
  }

  /** A mute with an end lapses without an event. */
  #watchMutes() {
    clearTimeout(this.#unmuting);
    const ends = this.participants.value.filter(hasEnd).map(endOfMute);
    if (ends.length === 0) return;
    const wait = Math.max(0, Math.min(...ends) - Date.now());
    this.#unmuting = setTimeout(() => this.#lapse(), Math.min(wait, LONGEST_TIMER_MS));
  }

  #lapse() {
    const now = Date.now();
    const over = this.participants.value.filter((one) => hasEnd(one) && endOfMute(one) <= now);
    for (const one of over) this.replace({ ...one, is_muted: false, muted_until: null });
    // A timer may fire a little early; then the end is still to come.
    if (over.length === 0) this.#watchMutes();
  }
}

function hasEnd(participant) {
  return participant.is_muted && participant.muted_until !== null;
}

function endOfMute(participant) {
  return Date.parse(participant.muted_until);
}
