import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { syncedWords } from "./words.js";

const SILENT_MS = 2_000;
const SHORT_MS = 10_000;
const BACK_MS = 3_000;

/**
 * How the connection is, when that matters: nothing for the first two seconds of a break (most end
 * there), then that it is being mended, then that it is not; and briefly what was caught up.
 */
export function ConnectionStrip({ client, room }) {
  const now = useSignal(Date.now());
  const wasLong = useSignal(false);
  const back = useSignal(null);
  const away = useComputed(() => {
    const { phase, since } = client.connection.state.value;
    return ["lost", "dropped"].includes(phase) ? { phase, since } : null;
  });

  useEffect(() => {
    if (!away.value) return undefined;
    const ticking = setInterval(() => (now.value = Date.now()), 250);
    return () => clearInterval(ticking);
  }, [away.value === null]);
  useSignalEffect(() => {
    if (away.value && now.value - away.value.since >= SILENT_MS) wasLong.value = true;
  });
  useSignalEffect(() => {
    const { count, at } = room.synced.value;
    if (at === 0 || !wasLong.peek()) return undefined;
    wasLong.value = false;
    back.value = syncedWords(count);
    const ending = setTimeout(() => (back.value = null), BACK_MS);
    return () => clearTimeout(ending);
  });

  return (
    <div class="strip-place" role="status">
      {away.value ? (
        <Broken client={client} now={now.value} since={away.value.since} />
      ) : (
        back.value && <p class="strip ok">{back.value}</p>
      )}
    </div>
  );
}

function Broken({ client, now, since }) {
  const { phase, nextTryAt } = client.connection.state.value;
  const gone = now - since;
  if (gone < SILENT_MS) return null;
  if (phase === "lost" && gone < SHORT_MS) return <p class="strip">Reconnecting…</p>;
  const seconds = Math.max(0, Math.ceil((nextTryAt - now) / 1_000));
  return (
    <p class="strip">
      <span>Offline. Messages are kept and will be sent.</span>
      {phase === "lost" && (
        <span class="countdown" aria-hidden="true">
          Next try in {seconds} s
        </span>
      )}
      {phase === "lost" && (
        <button type="button" class="quiet" onClick={() => client.connection.resume()}>
          Retry now
        </button>
      )}
    </p>
  );
}
