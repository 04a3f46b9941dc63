import { computed, signal } from "@preact/signals-core";
import { Connection } from "./connection.js";
import { Room } from "./room.js";

/**
 * One person at one connection, with the rooms they have open and who else is there.
 *
 * It has no user interface and no idea of a page: what is shown subscribes to the signals.
 * `presence.value` maps a user id to `{status, last_seen}`.
 */
export class Client {
  #rooms = new Map();
  /** Of whom an event told on this connection. */
  #heardOf = new Set();
  #watching;

  presence = signal(new Map());
  /** What this person says of themselves: `online` or `away`. */
  status = signal("online");

  /**
   * @param {object} options
   * @param {(auth: Function) => object} options.openSocket see `Connection`
   * @param {string} options.token
   * @param {() => Promise<string|null>} [options.renew]
   * @param {{user_id: string, role: string, name: string}} options.me
   * @param {(roomId: string) => object} [options.keepFor] where a room's outbox survives a reload
   */
  constructor({ openSocket, token, renew, me, keepFor = () => null }) {
    this.me = me;
    this.keepFor = keepFor;
    this.connection = new Connection({
      openSocket,
      token,
      renew,
      onEvent: (name, payload) => this.#hear(name, payload),
    });
    const online = computed(() => this.connection.online);
    let before = false;
    this.#watching = online.subscribe((is) => {
      if (is === before) return;
      before = is;
      if (is) this.#arrived();
      else this.#rooms.forEach((room) => room.lost());
    });
  }

  open() {
    this.connection.open();
  }

  /** Leave for good. */
  close() {
    this.connection.drop();
    this.#watching();
  }

  call(operation, argument) {
    return this.connection.call(operation, argument);
  }

  room(roomId) {
    const known = this.#rooms.get(roomId);
    if (known) return known;
    const room = new Room({
      roomId,
      me: this.me,
      call: (operation, argument) => this.call(operation, argument),
      onPresent: (people, present) => this.#adoptPresence(people, present),
      keep: this.keepFor(roomId),
    });
    this.#rooms.set(roomId, room);
    room.outbox.restore();
    if (this.connection.online) room.enter();
    return room;
  }

  async setStatus(status) {
    this.status.value = status;
    await this.call("presence.set", { status });
  }

  #arrived() {
    this.#heardOf.clear();
    this.#rooms.forEach((room) => room.enter());
    // A new connection begins as online: whoever stepped away before the break still is.
    if (this.status.value === "away") this.setStatus("away").catch(() => null);
  }

  #adoptPresence(people, present) {
    const map = new Map(this.presence.value);
    const told = new Map(present.map((one) => [one.user_id, one]));
    for (const { user_id } of people) {
      // What an event said on this connection is newer than an answer that was on its way.
      if (this.#heardOf.has(user_id)) continue;
      const { status = "offline", last_seen = null } = told.get(user_id) ?? {};
      map.set(user_id, { status, last_seen: last_seen ?? map.get(user_id)?.last_seen ?? null });
    }
    this.presence.value = map;
  }

  #hear(name, payload) {
    if (name === "presence.changed") return this.#heardPresence(payload);
    const roomId = payload?.room_id ?? payload?.room?.id;
    return this.#rooms.get(roomId)?.hear(name, payload);
  }

  #heardPresence({ user_id, status, last_seen }) {
    this.#heardOf.add(user_id);
    this.presence.value = new Map(this.presence.value).set(user_id, { status, last_seen });
    if (status !== "offline") return;
    this.#rooms.forEach((room) => room.board.stopped(user_id));
  }
}
