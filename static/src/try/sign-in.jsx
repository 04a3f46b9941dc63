import { signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Announcer, Brand } from "./app.jsx";
import { Panel } from "./panel.jsx";
import { tokenSession } from "./session.js";

/** Where the server has no demonstration: sign in with a token, then choose a room. */
export function createSignIn() {
  const session = signal(null);
  return function SignIn() {
    const current = session.value;
    const phase = current?.client.connection.state.value.phase;
    const inside = current?.roomId.value && phase !== "refused";
    return (
      <>
        <header class="top">
          <Brand />
        </header>
        <main class="panels" data-count="1">
          {!current || phase === "refused" ? (
            <TokenForm session={session} refused={phase === "refused"} />
          ) : inside ? (
            <Panel session={current} active={session} />
          ) : (
            <RoomChoice session={current} />
          )}
        </main>
        {current && <Announcer active={session} />}
      </>
    );
  };
}

function TokenForm({ session, refused }) {
  const failure = useSignal(null);
  const signIn = (event) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get("token").trim();
    try {
      session.value = tokenSession(token);
    } catch {
      failure.value = "This is not a token. It has three parts with dots between them.";
    }
  };
  const words = failure.value ?? (refused ? "The server does not accept this token." : null);
  return (
    <form class="card sign-in" onSubmit={signIn}>
      <h2>Sign in with a token</h2>
      <p>
        This server does not run in demo mode, so there are no people to try out here. Make a token
        for anybody with the server's own secret, and paste it:
      </p>
      <pre tabIndex={0}>
        <code>python run.py token --user asha --role customer --name Asha</code>
      </pre>
      <label>
        Token
        <input name="token" required autocomplete="off" spellcheck={false} aria-describedby="why" />
      </label>
      <p id="why" class={words ? "error" : "muted"} role={words ? "alert" : undefined}>
        {words ?? "It stays in this page and is forgotten when you close it."}
      </p>
      <button type="submit" class="primary">
        Sign in
      </button>
    </form>
  );
}

function RoomChoice({ session }) {
  const answer = useSignal({ state: "loading", rooms: [] });
  const { client } = session;
  const { online } = client.connection;
  useEffect(() => {
    if (!online) return;
    client.call("room.list", { limit: 50 }).then(
      ({ rooms }) => (answer.value = { state: "there", rooms }),
      (error) => (answer.value = { state: "failed", rooms: [], reason: error.message }),
    );
  }, [online]);
  const { state, rooms, reason } = answer.value;
  return (
    <section class="card" aria-busy={state === "loading"}>
      <h2>Rooms of {session.me.name}</h2>
      {state === "failed" && <p class="error">Could not load the rooms: {reason}</p>}
      {state === "there" && rooms.length === 0 && (
        <p>No rooms yet. A room opens with the first event of an order.</p>
      )}
      <ul class="rooms">
        {rooms.map((room) => (
          <li key={room.id}>
            <button type="button" onClick={() => session.enter(room.id)}>
              <b>Order {room.order_number}</b>
              <span class="muted">{room.status}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
