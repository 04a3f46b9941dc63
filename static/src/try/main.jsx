import { render } from "preact";
import "../ui/tokens.css";
import "../ui/parts.css";
import "../ui/timeline.css";
import "../ui/bubble.css";
import "../ui/composer.css";
import "../ui/around.css";
import "./page.css";
import "./card.css";
import { createApp } from "./app.jsx";
import { demoSession, fetchDemo } from "./session.js";
import { createSignIn } from "./sign-in.jsx";

const page = document.getElementById("page");

async function start() {
  const App = await pageFor();
  page.replaceChildren();
  render(<App />, page);
}

async function pageFor() {
  try {
    const demo = await fetchDemo();
    if (!demo) return createSignIn();
    const sessions = demo.people.map((person) => demoSession(person, demo.room_id));
    // A sleeping computer or a lost network: what comes back need not wait for the next attempt.
    window.addEventListener("online", () => sessions.forEach(wake));
    return createApp(sessions, demo.order_number);
  } catch (error) {
    return () => <Unreachable reason={error.message} />;
  }
}

function wake({ client }) {
  if (client.connection.state.value.phase === "lost") client.connection.resume();
}

function Unreachable({ reason }) {
  return (
    <main class="panels" data-count="1">
      <div class="card" role="alert">
        <h1>Could not reach the server</h1>
        <p class="muted">{reason}</p>
        <button type="button" class="primary" onClick={() => location.reload()}>
          Try again
        </button>
      </div>
    </main>
  );
}

start();
