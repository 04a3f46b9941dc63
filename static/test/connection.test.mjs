import assert from "node:assert/strict";
import { test } from "node:test";
import { Connection } from "../src/core/connection.js";
import { FakeSocket, no, ok, settled } from "./wire.mjs";

function connected({ answer = () => ok(), ...options } = {}) {
  const socket = new FakeSocket(answer);
  let auth;
  const openSocket = (giveAuth) => {
    auth = giveAuth;
    return socket;
  };
  const connection = new Connection({ openSocket, token: "first", onEvent: () => {}, ...options });
  const token = () => {
    let given;
    auth((fields) => (given = fields.token));
    return given;
  };
  return { connection, socket, token };
}

test("a broken connection says when it is tried again, and is", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { connection, socket } = connected();
  connection.open();
  socket.cut();
  const { phase, nextTryAt } = connection.state.value;
  assert.equal(phase, "lost");
  assert.ok(nextTryAt >= 375 && nextTryAt <= 625);
  t.mock.timers.tick(625);
  assert.equal(connection.online, true);
});

test("attempts grow apart, to ten seconds and a quarter at most", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { connection, socket } = connected();
  socket.connect = () => socket.refuse("transport");
  connection.open();
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const wait = connection.state.value.nextTryAt - Date.now();
    assert.ok(wait <= 12_500);
    t.mock.timers.tick(Math.ceil(wait));
  }
  assert.ok(connection.state.value.nextTryAt - Date.now() >= 7_500);
});

test("a dropped connection stays down until it is resumed", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { connection } = connected();
  connection.open();
  connection.drop();
  t.mock.timers.tick(120_000);
  assert.equal(connection.state.value.phase, "dropped");
  connection.resume();
  assert.equal(connection.online, true);
});

test("a refused token is replaced once, then the connection says so", async () => {
  const given = ["second"];
  const renew = async () => given.shift() ?? null;
  const { connection, socket, token } = connected({ renew });
  socket.connect = () => {};
  socket.refuse("unauthenticated");
  await settled();
  assert.equal(token(), "second");
  socket.refuse("unauthenticated");
  await settled();
  assert.equal(connection.state.value.phase, "refused");
});

test("an expiring session is extended with a new token", async () => {
  const { connection, socket, token } = connected({ renew: async () => "second" });
  connection.open();
  socket.push("session.expiring", { expires_at: "2026-01-05T10:00:00Z" });
  await settled();
  assert.deepEqual(socket.named("session.refresh")[0].argument, { token: "second" });
  assert.equal(token(), "second");
});

test("a call ends in its result, its refusal, or silence", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const acks = { good: ok({ n: 1 }), bad: no("muted", { retry_after: 2 }), never: undefined };
  const { connection } = connected({ answer: (operation) => acks[operation] });
  await assert.rejects(connection.call("good"), { name: "Silence", sent: false });
  connection.open();
  assert.deepEqual(await connection.call("good"), { n: 1 });
  await assert.rejects(connection.call("bad"), { name: "Refusal", code: "muted", retryAfter: 2 });
  const silent = assert.rejects(connection.call("never"), { name: "Silence", sent: true });
  t.mock.timers.tick(5_000);
  await silent;
});
