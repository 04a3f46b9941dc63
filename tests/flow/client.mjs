// The official JavaScript client, steered by lines of JSON on standard input; what happens to it
// goes to standard output, a line each. The options are the first argument.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { io } = createRequire(new URL("../../static/package.json", import.meta.url))("socket.io-client");
const { url, token, ...options } = JSON.parse(process.argv[2]);

const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

// While held, the token is not given: the client has come back and is not let in yet.
let release = () => {};
let held = Promise.resolve();
const auth = (give) => held.then(() => give({ token }));

const socket = io(url, { auth, forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 100, ...options });
const known = { room_id: null, after_seq: 0, after_rev: 0 };

function apply(message) {
  known.after_seq = Math.max(known.after_seq, message.seq);
  known.after_rev = Math.max(known.after_rev, message.rev);
}

async function catchUp() {
  const messages = [];
  let pages = 0;
  for (let limited = true; limited; pages += 1) {
    const { result } = await socket.emitWithAck("room.sync", { rooms: [{ ...known }] });
    const [missed] = result.rooms;
    messages.push(...missed.messages);
    ({ limited, after_seq: known.after_seq, after_rev: known.after_rev } = missed);
  }
  tell({ did: "catch up", messages, pages });
}

socket.io.on("open", () => {
  tell({ did: "open", transport: socket.io.engine.transport.name });
  socket.io.engine.once("upgrade", (transport) => tell({ did: "upgrade", transport: transport.name }));
});
socket.on("connect", async () => {
  tell({ did: "connect", id: socket.id });
  socket.io.engine.on("packetCreate", ({ type, data }) => {
    if (type === "message" && data.includes("message.send")) tell({ did: "write" });
  });
  if (known.room_id !== null) await catchUp();
});
socket.on("connect_error", (error) => tell({ did: "fail", message: error.message, data: error.data ?? null }));
socket.on("disconnect", (reason) => tell({ did: "disconnect", reason }));
socket.onAny((name, payload) => {
  if (name.startsWith("message.") && payload.room_id === known.room_id) apply(payload.message);
  tell({ did: "hear", name, payload });
});

const commands = {
  async call({ operation, payload }) {
    try {
      const ack = await socket.emitWithAck(operation, payload);
      tell({ did: "call", ack });
    } catch (error) {
      tell({ did: "call", failed: error.message });
    }
  },
  async join({ room_id }) {
    const { result } = await socket.emitWithAck("room.join", { room_id });
    Object.assign(known, { room_id, after_seq: result.room.last_seq, after_rev: result.room.rev });
    tell({ did: "join", ...known });
  },
  hold() {
    held = new Promise((resolve) => (release = resolve));
    tell({ did: "hold" });
  },
  go: () => release(),
  break: () => socket.io.engine.close(),
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const command = JSON.parse(line);
    commands[command.do](command);
  })
  .on("close", () => process.exit());
