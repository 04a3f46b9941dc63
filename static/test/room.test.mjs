import assert from "node:assert/strict";
import { test } from "node:test";
import { ME, ROOM_ID, aRoom, entered, message, no, ok, participant, seqs, settled } from "./wire.mjs";

function numbered(count) {
  return Array.from({ length: count }, (_, index) => message(index + 1));
}

test("entering takes the newest page and what was said meanwhile", async () => {
  const said = numbered(3);
  const { room } = entered(aRoom({ said }));
  await settled();
  assert.deepEqual(seqs(room), [1, 2, 3]);
  assert.equal(room.standing.value.phase, "inside");
  assert.equal(room.unread.value, 3);
});

test("after a break everything missed is fetched page by page, and live ones stay in line", async () => {
  const said = numbered(2);
  const { client, room, socket } = entered(aRoom({ said, pageSize: 2 }));
  await settled();
  client.connection.drop();
  for (let seq = 3; seq <= 9; seq += 1) said.push(message(seq));
  client.connection.resume();
  socket.push("message.sent", { room_id: ROOM_ID, message: message(9) });
  await settled();
  assert.deepEqual(seqs(room), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(room.synced.value.count, 6);
  assert.equal(room.log.cursor.after_seq, 9);
});

test("a message written during a break is there once afterwards", async () => {
  const said = [];
  const { client, room, socket } = entered(aRoom({ said }));
  await settled();
  client.connection.drop();
  room.send({ content: "still here", audience: "everyone" });
  await settled();
  assert.equal(socket.named("message.send").length, 0);
  client.connection.resume();
  await settled();
  assert.deepEqual(said.map((one) => one.content), ["still here"]);
  assert.deepEqual(seqs(room), [1]);
  assert.deepEqual(room.outbox.entries.value, []);
});

test("a lost ack is settled by the live event, and nothing is sent again", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { room, socket } = entered(aRoom({ answers: { "message.send": () => undefined } }));
  await settled();
  const entry = room.send({ content: "hello", audience: "everyone" });
  t.mock.timers.tick(5_000);
  await settled();
  assert.equal(room.outbox.entries.value[0].state, "unconfirmed");
  const own = message(1, { by: ME.user_id, client_id: entry.client_id });
  socket.push("message.sent", { room_id: ROOM_ID, message: own });
  t.mock.timers.tick(60_000);
  await settled();
  assert.deepEqual(room.outbox.entries.value, []);
  assert.equal(socket.named("message.send").length, 1);
});

test("writing is reading: the sender's mark follows the message", async () => {
  const { room, socket } = entered(aRoom({ said: numbered(1) }));
  await settled();
  socket.push("message.sent", { room_id: ROOM_ID, message: message(2) });
  assert.equal(room.participant("mei").read_seq, 2);
  socket.push("receipt.updated", {
    room_id: ROOM_ID,
    user_id: "mei",
    delivered_seq: 1,
    read_seq: 1,
  });
  assert.equal(room.participant("mei").read_seq, 2);
});

test("a typing sign lapses after 7 s and goes with the message", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { room, socket } = entered(aRoom());
  await settled();
  const typing = () => socket.push("typing.started", { room_id: ROOM_ID, user_id: "mei" });
  typing();
  t.mock.timers.tick(6_999);
  assert.deepEqual(room.board.writers.value, ["mei"]);
  t.mock.timers.tick(1);
  assert.deepEqual(room.board.writers.value, []);
  typing();
  socket.push("message.sent", { room_id: ROOM_ID, message: message(1) });
  assert.deepEqual(room.board.writers.value, []);
});

test("own typing is told at most every 3 s and stops after a pause of 5 s", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const quiet = { "typing.start": () => ok(), "typing.stop": () => ok() };
  const { room, socket } = entered(aRoom({ answers: quiet }));
  await settled();
  for (let key = 0; key < 40; key += 1) {
    room.typist.typed();
    t.mock.timers.tick(100);
  }
  assert.equal(socket.named("typing.start").length, 2);
  t.mock.timers.tick(5_000);
  assert.equal(socket.named("typing.stop").length, 1);
});

test("who writes on right after sending is told of as soon as that is allowed", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  const quiet = { "typing.start": () => ok(), "typing.stop": () => ok() };
  const { room, socket } = entered(aRoom({ answers: quiet }));
  await settled();
  room.typist.typed();
  room.send({ content: "hello", audience: "everyone" });
  t.mock.timers.tick(1_000);
  room.typist.typed();
  t.mock.timers.tick(1_999);
  assert.equal(socket.named("typing.start").length, 1);
  t.mock.timers.tick(1);
  assert.equal(socket.named("typing.start").length, 2);
});

test("a mute is heard, silences, and lapses by itself", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 0 });
  const { room, socket } = entered(aRoom());
  await settled();
  const muted_until = new Date(60_000).toISOString();
  const muted = participant("asha", "customer", { is_muted: true, muted_until });
  const payload = { room_id: ROOM_ID, participant: muted, change: "muted" };
  socket.push("participant.changed", payload);
  assert.deepEqual(room.voice.value, { code: "muted", until: muted_until });
  t.mock.timers.tick(60_000);
  assert.equal(room.voice.value, null);
});

test("who is blocked is outside with the reason, keeps what was loaded, and comes back", async () => {
  const { room, socket } = entered(aRoom({ said: numbered(2) }));
  await settled();
  const cut = participant("asha", "customer", { is_blocked: true });
  const payload = { room_id: ROOM_ID, participant: cut, change: "blocked" };
  socket.push("participant.changed", payload);
  assert.equal(room.voice.value.code, "blocked");
  assert.deepEqual(seqs(room), [1, 2]);
  const back = { ...payload, participant: participant("asha", "customer"), change: "unblocked" };
  socket.push("participant.changed", back);
  await settled();
  assert.equal(room.voice.value, null);
});

test("a refused entry says why and is not repeated", async () => {
  const { room, socket } = entered(aRoom({ answers: { "room.join": () => no("blocked") } }));
  await settled();
  assert.deepEqual(room.standing.value, { phase: "outside", code: "blocked", message: "blocked" });
  assert.equal(socket.named("room.join").length, 1);
});

test("who came while the answer was on its way is not shown as away", async () => {
  const { client, socket } = entered(aRoom());
  socket.push("presence.changed", { user_id: "mei", status: "online", last_seen: null });
  await settled();
  assert.equal(client.presence.value.get("mei").status, "online");
  assert.equal(client.presence.value.get("asha").status, "offline");
});
