import { computed, signal } from "@preact/signals-core";
import { Refusal } from "./failures.js";
import { RoomLog } from "./log.js";
import { Outbox } from "./outbox.js";
import { Receipts } from "./receipts.js";
import { isStaff } from "./roles.js";
import { Roster } from "./roster.js";
import { Typist, TypingBoard } from "./typing.js";

const FIRST_PAGE = 50;
const ENTER_AGAIN_MS = 2_000;

/**
 * One room as one person has it: the log, who takes part, what is unread, what is being written.
 *
 * `standing.value` is `{phase, code, message}`: `entering`, `inside`, or `outside` with the reason
 * (blocked, removed). What was loaded stays readable outside.
 */
export class Room {
  #call;
  #onPresent;
  #turn = 0;

  roster = new Roster();
  view = this.roster.view;
  participants = this.roster.participants;
  unread = signal(0);
  standing = signal({ phase: "entering", code: null, message: null });
  /** What the last catch-up after a break brought: `{count, at}`, at in ms since the epoch. */
  synced = signal({ count: 0, at: 0 });
  log = new RoomLog();
  board = new TypingBoard();

  /**
   * @param {object} options
   * @param {string} options.roomId
   * @param {{user_id: string, role: string, name: string}} options.me
   * @param {(operation: string, argument: object) => Promise<object>} options.call
   * @param {(people: object[], present: object[]) => void} options.onPresent who of these is there
   * @param {object} [options.keep] see `Outbox`
   */
  constructor({ roomId, me, call, onPresent, keep }) {
    this.id = roomId;
    this.me = me;
    this.#call = call;
    this.#onPresent = onPresent;
    const here = { room_id: roomId };
    this.outbox = new Outbox({ send: (entry) => this.#post(entry), keep });
    this.receipts = new Receipts(async (kind, seq) => {
      const result = await call(`message.${kind}`, { ...here, seq });
      this.unread.value = result.unread;
    });
    // A typing sign that is lost or refused is not worth a word: the next key sends another.
    const sign = (operation) => () => void call(operation, here).catch(() => null);
    this.typist = new Typist({ start: sign("typing.start"), stop: sign("typing.stop") });
    this.myself = computed(() => this.participant(me.user_id));
    this.voice = computed(() => this.#voice());
  }

  participant(userId) {
    return this.roster.participant(userId);
  }

  /**
   * Enter on a new connection and fetch what was missed.
   *
   * Entering comes before reading: what is said in between then arrives live and by the log, and
   * is kept once, instead of falling through.
   */
  async enter() {
    const turn = ++this.#turn;
    try {
      const limit = this.log.started ? 1 : FIRST_PAGE;
      const joined = await this.#call("room.join", { room_id: this.id, limit });
      if (turn !== this.#turn) return;
      this.#adopt(joined.room);
      this.#onPresent(this.participants.value, joined.present);
      if (!this.log.started) this.#begin(joined);
      await this.#catchUp(turn);
    } catch (error) {
      if (turn === this.#turn) this.#notEntered(error, turn);
    }
  }

  /** The connection is gone. */
  lost() {
    this.#turn += 1;
    this.log.broken();
    this.board.clear();
    this.outbox.online(false);
  }

  send(draft) {
    this.typist.stopped();
    return this.outbox.add(draft);
  }

  async edit(messageId, content) {
    const { message } = await this.#call("message.edit", { message_id: messageId, content });
    this.log.place(message);
  }

  async remove(messageId) {
    const { message } = await this.#call("message.delete", { message_id: messageId });
    this.log.place(message);
  }

  /** The message with `delivered_to` and `read_by`. */
  async details(messageId) {
    const { message } = await this.#call("message.get", { message_id: messageId });
    return message;
  }

  async loadOlder() {
    const argument = { room_id: this.id, before_seq: this.log.firstSeq, limit: FIRST_PAGE };
    const { messages, more } = await this.#call("message.history", argument);
    this.log.older(messages, more);
  }

  /** `act` is mute, unmute, block or unblock; `until` an RFC 3339 time or null for no end. */
  async moderate(act, userId, until = null) {
    const argument = { room_id: this.id, user_id: userId, ...(until ? { until } : {}) };
    const { participant } = await this.#call(`participant.${act}`, argument);
    this.roster.replace(participant);
  }

  /** `act` is close or reopen. */
  async turn(act) {
    const { room } = await this.#call(`room.${act}`, { room_id: this.id });
    this.#adopt(room);
  }

  /** An event of this room, as the contract names it. */
  hear(name, payload) {
    switch (name) {
      case "message.sent":
        return this.#heardMessage(payload.message);
      case "message.edited":
      case "message.deleted":
        return void this.log.live(payload.message);
      case "receipt.updated":
        return this.#mark(payload.user_id, payload.delivered_seq, payload.read_seq);
      case "typing.started":
        if (payload.user_id !== this.me.user_id) this.board.started(payload.user_id);
        return undefined;
      case "typing.stopped":
        return this.board.stopped(payload.user_id);
      case "participant.changed":
        return this.#heardParticipant(payload);
      case "room.opened":
      case "room.changed":
        return this.#heardRoom(payload.room);
      case "unread.changed":
        this.unread.value = payload.unread;
        return undefined;
      default:
        return undefined;
    }
  }

  async #catchUp(turn) {
    let count = 0;
    let limited = true;
    while (limited) {
      const asked = { rooms: [{ room_id: this.id, ...this.log.cursor }] };
      const { rooms } = await this.#call("room.sync", asked);
      if (turn !== this.#turn) return;
      const [page] = rooms;
      if (page.error) throw new Refusal(page.error);
      this.#adopt(page.room);
      page.messages.forEach((message) => this.outbox.settle(message.client_id));
      count += this.log.page(page);
      limited = page.limited;
    }
    this.synced.value = { count, at: Date.now() };
    this.standing.value = { phase: "inside", code: null, message: null };
    this.outbox.online(true);
    this.#received();
    this.receipts.resume();
  }

  #begin({ room, messages }) {
    // Fewer than asked for is all there is; as many may be all as well, and one look more tells.
    this.log.start(messages, room.rev, messages.length >= FIRST_PAGE);
  }

  #notEntered(error, turn) {
    if (error instanceof Refusal && !error.passing) return this.#out(error.code, error.message);
    const again = () => (turn === this.#turn ? this.enter() : undefined);
    return void setTimeout(again, (error.retryAfter ?? 0) * 1_000 || ENTER_AGAIN_MS);
  }

  #out(code, message) {
    this.standing.value = { phase: "outside", code, message };
    this.outbox.online(false);
    this.board.clear();
  }

  async #post(entry) {
    const { message } = await this.#call("message.send", {
      room_id: this.id,
      client_id: entry.client_id,
      type: "text",
      content: entry.content,
      audience: entry.audience,
      ...(entry.reply_to ? { reply_to: entry.reply_to } : {}),
    });
    this.log.place(message);
    this.#wrote(message);
  }

  #heardMessage(message) {
    this.board.stopped(message.sender.user_id);
    this.log.live(message);
    this.#wrote(message);
    if (message.sender.user_id === this.me.user_id) this.outbox.settle(message.client_id);
    else this.#received();
  }

  /** Whoever writes has read up to there; no receipt says so. */
  #wrote(message) {
    this.#mark(message.sender.user_id, message.seq, message.seq);
  }

  #received() {
    this.receipts.delivered(this.log.lastSeq);
  }

  #mark(userId, deliveredSeq, readSeq) {
    if (userId === this.me.user_id) {
      this.receipts.known({ delivered_seq: deliveredSeq, read_seq: readSeq });
    }
    this.roster.mark(userId, deliveredSeq, readSeq);
  }

  #heardParticipant({ participant, change }) {
    this.roster.replace(participant);
    const { is_active: active, is_muted: muted, is_blocked: blocked } = participant;
    if (!active || muted || blocked) this.board.stopped(participant.user_id);
    if (participant.user_id !== this.me.user_id) return;
    if (["removed", "left", "blocked"].includes(change) && !isStaff(this.me.role)) {
      this.#out(change, null);
    }
    if (["added", "unblocked"].includes(change)) this.enter();
  }

  #heardRoom(room) {
    this.#adopt(room);
    if (this.standing.value.phase === "outside") this.enter();
  }

  #adopt(room) {
    this.roster.adopt(room);
    if (room.unread !== null) this.unread.value = room.unread;
    const me = this.myself.value;
    if (me) this.receipts.known(me);
  }

  /** Null when this person may write, else why not: `{code, until}`. */
  #voice() {
    const { phase, code } = this.standing.value;
    if (phase === "outside") return { code, until: null };
    const me = this.myself.value;
    const status = this.view.value?.status ?? "open";
    if (status !== "open") return { code: status, until: null };
    return me?.is_muted && me.is_active ? { code: "muted", until: me.muted_until } : null;
  }
}
