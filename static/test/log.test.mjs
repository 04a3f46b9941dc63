import assert from "node:assert/strict";
import { test } from "node:test";
import { RoomLog } from "../src/core/log.js";
import { message } from "./wire.mjs";

function page(messages, after_seq, after_rev = 0, limited = false) {
  return { messages, after_seq, after_rev, limited };
}

function numbers(log) {
  return log.messages.value.map((one) => one.seq);
}

test("messages stand in the order of their numbers, each once, whatever order they came in", () => {
  const log = new RoomLog();
  log.start([message(2), message(3)], 0, false);
  log.place(message(6));
  log.live(message(5));
  log.page(page([message(4), message(5)], 6));
  assert.deepEqual(numbers(log), [2, 3, 4, 5, 6]);
});

test("a live message does not move the cursor past what is still being fetched", () => {
  const log = new RoomLog();
  log.start([message(1)], 0, false);
  log.live(message(9));
  assert.equal(log.cursor.after_seq, 1);
  log.page(page([message(2)], 2, 0, true));
  assert.equal(log.cursor.after_seq, 2);
  log.page(page([message(3)], 8));
  assert.equal(log.cursor.after_seq, 9);
});

test("an own message known by its ack does not move the cursor either", () => {
  const log = new RoomLog();
  log.start([message(1)], 0, false);
  log.page(page([], 1));
  log.place(message(4));
  assert.equal(log.cursor.after_seq, 1);
});

test("after a break live messages count only once the catch-up has come to its end", () => {
  const log = new RoomLog();
  log.start([], 0, false);
  log.page(page([], 0));
  log.live(message(1));
  log.broken();
  log.live(message(7));
  assert.equal(log.cursor.after_seq, 1);
  log.page(page([message(3)], 7));
  assert.deepEqual(numbers(log), [1, 3, 7]);
  assert.equal(log.cursor.after_seq, 7);
});

test("holes are left alone: numbers this person may not see never come", () => {
  const log = new RoomLog();
  log.start([message(1), message(4)], 3, false);
  log.page(page([], 6, 3));
  assert.deepEqual(log.cursor, { after_seq: 6, after_rev: 3 });
  assert.deepEqual(numbers(log), [1, 4]);
});

test("the newer revision stays, also when the older one arrives after it", () => {
  const log = new RoomLog();
  log.start([message(1)], 0, false);
  log.live(message(1, { rev: 2, content: "second" }));
  log.place(message(1, { rev: 1, content: "first" }));
  assert.equal(log.messages.value[0].content, "second");
});

test("a change to a message from before the first page is not shown among strangers", () => {
  const log = new RoomLog();
  log.start([message(50), message(51)], 0, true);
  log.page(page([message(3, { rev: 1 }), message(50, { rev: 2 })], 51, 2));
  assert.deepEqual(numbers(log), [50, 51]);
  assert.equal(log.cursor.after_rev, 2);
  log.older([message(3, { rev: 1 }), message(49)], false);
  assert.deepEqual(numbers(log), [3, 49, 50, 51]);
});
