import assert from "node:assert/strict";
import { test } from "node:test";
import { COALESCE_MS, Receipts, statusOf } from "../src/core/receipts.js";
import { message, participant, settled } from "./wire.mjs";

function recording(fails = () => null) {
  const told = [];
  const receipts = new Receipts(async (kind, seq) => {
    told.push([kind, seq]);
    const failure = fails();
    if (failure) throw failure;
  });
  return { receipts, told };
}

async function pass(t, ms) {
  t.mock.timers.tick(ms);
  await settled();
}

test("many marks become at most one receipt per half second, the furthest", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { receipts, told } = recording();
  receipts.read(1);
  await pass(t, 0);
  for (let seq = 2; seq <= 30; seq += 1) receipts.read(seq);
  await pass(t, COALESCE_MS - 1);
  assert.deepEqual(told, [["read", 1]]);
  await pass(t, 1);
  assert.deepEqual(told, [["read", 1], ["read", 30]]);
  await pass(t, 10 * COALESCE_MS);
  assert.equal(told.length, 2);
});

test("read says delivered as well", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { receipts, told } = recording();
  receipts.delivered(4);
  receipts.read(4);
  await pass(t, COALESCE_MS * 3);
  assert.deepEqual(told, [["read", 4]]);
});

test("nothing is said twice, backwards, or that the server knows", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  const { receipts, told } = recording();
  receipts.known({ delivered_seq: 9, read_seq: 5 });
  receipts.delivered(9);
  receipts.read(5);
  receipts.read(3);
  await pass(t, COALESCE_MS * 3);
  assert.deepEqual(told, []);
});

test("what failed is said again on the next connection", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"] });
  let broken = true;
  const { receipts, told } = recording(() => (broken ? new Error("gone") : null));
  receipts.read(2);
  await pass(t, COALESCE_MS * 3);
  assert.deepEqual(told, [["read", 2]]);
  broken = false;
  receipts.resume();
  await pass(t, COALESCE_MS);
  assert.deepEqual(told, [["read", 2], ["read", 2]]);
});

test("a message is delivered and read when everybody who may see it has it", () => {
  const people = (rider, pharmacy) => [
    participant("asha", "customer"),
    participant("ravi", "rider", rider),
    participant("shop", "pharmacy", pharmacy),
    participant("gone", "rider", { is_active: false }),
    participant("cut", "rider", { is_blocked: true }),
  ];
  const open = message(5, { by: "asha" });
  const read = { delivered_seq: 5, read_seq: 5 };
  const delivered = { delivered_seq: 6, read_seq: 4 };
  assert.equal(statusOf(open, people({}, read)), "sent");
  assert.equal(statusOf(open, people(delivered, read)), "delivered");
  assert.equal(statusOf(open, people(read, read)), "read");
  const clinical = message(5, { by: "asha", audience: "clinical" });
  assert.equal(statusOf(clinical, people({}, read)), "read");
  const note = message(5, { by: "asha", audience: "staff" });
  assert.equal(statusOf(note, people(read, read)), "sent");
});
