import assert from "node:assert/strict";
import { test } from "node:test";
import { Refusal, Silence } from "../src/core/failures.js";
import { Outbox, afterFailure } from "../src/core/outbox.js";
import { settled } from "./wire.mjs";

const SILENT = new Silence("message.send", { sent: true });
const UNSENT = new Silence("message.send", { sent: false });

function refusal(code, more) {
  return new Refusal({ code, message: code, ...more });
}

/** An outbox whose sending ends as `outcomes` say, one after the other; then it succeeds. */
function anOutbox(outcomes, options = {}) {
  const sent = [];
  const send = async (entry) => {
    sent.push({ ...entry });
    const outcome = outcomes.shift();
    if (outcome) throw outcome;
  };
  let number = 0;
  const outbox = new Outbox({ send, newId: () => `id${++number}`, ...options });
  return { outbox, sent };
}

function draft(content) {
  return { content, audience: "everyone" };
}

function states(outbox) {
  return outbox.entries.value.map((entry) => entry.state);
}

test("what is written without a connection waits and goes out in order", async () => {
  const { outbox, sent } = anOutbox([]);
  outbox.add(draft("one"));
  outbox.add(draft("two"));
  assert.deepEqual(states(outbox), ["queued", "queued"]);
  outbox.online(true);
  await settled();
  assert.deepEqual(sent.map((entry) => entry.content), ["one", "two"]);
  assert.deepEqual(outbox.entries.value, []);
});

test("silence leaves it unconfirmed and repeats it under the same id after 1, 2, 4 … 30 s", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { outbox, sent } = anOutbox(Array(7).fill(SILENT));
  outbox.online(true);
  outbox.add(draft("hello"));
  await settled();
  for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
    assert.deepEqual(states(outbox), ["unconfirmed"]);
    const before = sent.length;
    t.mock.timers.tick(seconds * 1_000 - 1);
    await settled();
    assert.equal(sent.length, before);
    t.mock.timers.tick(1);
    await settled();
    assert.equal(sent.length, before + 1);
  }
  assert.deepEqual(new Set(sent.map((entry) => entry.client_id)), new Set(["id1"]));
  assert.deepEqual(states(outbox), []);
});

test("a later message waits for the unconfirmed one before it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { outbox, sent } = anOutbox([SILENT]);
  outbox.online(true);
  outbox.add(draft("one"));
  outbox.add(draft("two"));
  await settled();
  assert.deepEqual(states(outbox), ["unconfirmed", "queued"]);
  t.mock.timers.tick(1_000);
  await settled();
  assert.deepEqual(sent.map((entry) => entry.content), ["one", "one", "two"]);
});

test("a new connection asks again at once", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { outbox, sent } = anOutbox([SILENT]);
  outbox.online(true);
  outbox.add(draft("one"));
  await settled();
  outbox.online(false);
  outbox.online(true);
  await settled();
  assert.equal(sent.length, 2);
  assert.deepEqual(states(outbox), []);
});

test("a refusal for good fails with its reason and lets the next one pass", async () => {
  const { outbox, sent } = anOutbox([refusal("muted")]);
  outbox.online(true);
  outbox.add(draft("one"));
  outbox.add(draft("two"));
  await settled();
  assert.deepEqual(states(outbox), ["failed"]);
  assert.equal(outbox.entries.value[0].error.code, "muted");
  outbox.retry("id1");
  await settled();
  assert.deepEqual(sent.map((entry) => entry.content), ["one", "two", "one"]);
  assert.deepEqual(states(outbox), []);
});

test("a rate limit holds the queue for as long as the server says", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { outbox, sent } = anOutbox([refusal("rate_limited", { retry_after: 3.5 })]);
  outbox.online(true);
  outbox.add(draft("one"));
  await settled();
  assert.deepEqual(states(outbox), ["queued"]);
  t.mock.timers.tick(3_499);
  await settled();
  assert.equal(sent.length, 1);
  t.mock.timers.tick(1);
  await settled();
  assert.equal(sent.length, 2);
});

test("every failure has one outcome", () => {
  const entry = { attempts: 2 };
  const table = [
    [SILENT, { state: "unconfirmed", attempts: 3, not_before: 4_000 }],
    [UNSENT, { state: "queued", not_before: 0 }],
    [refusal("unavailable"), { state: "queued", attempts: 3, not_before: 4_000 }],
    [refusal("rate_limited", { retry_after: 9 }), { state: "queued", attempts: 3, not_before: 9_000 }],
  ];
  for (const [error, expected] of table) assert.deepEqual(afterFailure(entry, error, 0), expected);
  for (const code of ["muted", "forbidden", "too_large", "room_closed", "conflict"]) {
    assert.equal(afterFailure(entry, refusal(code), 0).state, "failed");
  }
});

test("what was on its way when the page went is unconfirmed when it is back", async () => {
  let kept = [];
  const keep = { load: async () => kept, save: (entries) => (kept = entries) };
  const first = anOutbox([], { keep, send: () => new Promise(() => {}) });
  first.outbox.online(true);
  first.outbox.add(draft("one"));
  await settled();
  assert.deepEqual(kept.map((entry) => entry.state), ["sending"]);
  const second = anOutbox([], { keep });
  await second.outbox.restore();
  assert.deepEqual(states(second.outbox), ["unconfirmed"]);
  second.outbox.online(true);
  await settled();
  assert.equal(second.sent[0].client_id, "id1");
  assert.deepEqual(kept, []);
});
