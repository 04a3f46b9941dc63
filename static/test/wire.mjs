/** A stand-in for socket.io at its boundary, and a small room behind it that keeps the contract. */

import { Client } from "../src/core/client.js";

export const ME = { user_id: "asha", role: "customer", name: "Asha" };
export const ROOM_ID = "room";

/** A socket whose other end is `answer(operation, argument)`: an ack, or undefined for silence. */
export class FakeSocket {
  connected = false;
  calls = [];
  #listeners = new Map();
  #any = () => {};

  constructor(answer) {
    this.answer = answer;
  }

  on(name, listener) {
    this.#listeners.set(name, listener);
  }

  onAny(listener) {
    this.#any = listener;
  }

  connect() {
    this.connected = true;
    this.#listeners.get("connect")();
  }

  disconnect() {
    if (!this.connected) return;
    this.connected = false;
    this.#listeners.get("disconnect")("io client disconnect");
  }

  /** The network goes, seen from outside. */
  cut() {
    this.connected = false;
    this.#listeners.get("disconnect")("transport close");
  }

  refuse(code) {
    this.#listeners.get("connect_error")(Object.assign(new Error(code), { data: { code } }));
  }

  push(name, payload) {
    this.#any(name, payload);
  }

  timeout(ms) {
    return {
      emit: (operation, argument, done) => {
        this.calls.push({ operation, argument });
        const ack = this.answer(operation, argument);
        if (ack === undefined) setTimeout(() => done(new Error("timeout")), ms);
        else queueMicrotask(() => done(null, ack));
      },
    };
  }

  named(operation) {
    return this.calls.filter((call) => call.operation === operation);
  }
}

export function ok(result = {}) {
  return { ok: true, result };
}

export function no(code, more = {}) {
  return { ok: false, error: { code, message: code, ...more } };
}

export function message(seq, { by = "mei", rev = 0, ...more } = {}) {
  const sender = { user_id: by, role: "support", name: by };
  const id = `${ROOM_ID}-${seq}`;
  const created_at = "2026-01-05T10:00:00.000Z";
  const state = { is_edited: false, is_deleted: false, created_at };
  const what = { type: "text", audience: "everyone", content: `number ${seq}` };
  return { id, seq, rev, client_id: `c${seq}`, sender, ...what, ...state, ...more };
}

export function participant(user_id, role, more = {}) {
  const marks = { delivered_seq: 0, read_seq: 0 };
  const standing = { is_active: true, is_blocked: false, is_muted: false, muted_until: null };
  return { user_id, role, name: user_id, ...marks, ...standing, ...more };
}

/** The server's side of one room: `said` is its log, `answers` overrides single operations. */
export function aRoom({ said = [], pageSize = 100, answers = {} } = {}) {
  const participants = [participant("asha", "customer"), participant("mei", "support")];
  const shared = { id: ROOM_ID, status: "open", participants, last_message: null };
  const view = () => ({ ...shared, last_seq: said.length, rev: 0, unread: said.length });
  const operations = {
    "room.join": ({ limit }) => ok({ room: view(), messages: said.slice(-limit), present: [] }),
    "room.sync": ({ rooms: [{ after_seq, after_rev }] }) => {
      const missed = said.filter((one) => one.seq > after_seq);
      const messages = missed.slice(0, pageSize);
      const cursor = { after_seq: messages.at(-1)?.seq ?? after_seq, after_rev };
      const limited = missed.length > pageSize;
      return ok({ rooms: [{ room_id: ROOM_ID, room: view(), messages, limited, ...cursor }] });
    },
    "message.read": () => ok({ unread: 0 }),
    "message.delivered": () => ok({ unread: said.length }),
    "message.send": ({ client_id, content }) => {
      const known = said.find((one) => one.client_id === client_id);
      const stored = known ?? message(said.length + 1, { by: "asha", client_id, content });
      if (!known) said.push(stored);
      return ok({ message: stored, duplicate: Boolean(known) });
    },
  };
  return (operation, argument) => ({ ...operations, ...answers })[operation](argument);
}

/** A client that entered the room, and the socket it speaks through. */
export function entered(answer, options = {}) {
  const socket = new FakeSocket(answer);
  const openSocket = () => socket;
  const client = new Client({ openSocket, token: "t", me: ME, ...options });
  const room = client.room(ROOM_ID);
  client.open();
  return { client, room, socket };
}

/** Let every promise that can settle without time passing do so. */
export async function settled() {
  for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
}

export function seqs(room) {
  return room.log.messages.value.map((one) => one.seq);
}
