import { useSignal } from "@preact/signals";
import { isStaff } from "../core/index.js";
import { Avatar, RoleChip, StateDot } from "./parts.jsx";
import { whenWords } from "./times.js";
import { ONLINE_ONLY, PRESENCE } from "./words.js";

const MUTE_MS = 15 * 60 * 1_000;

export function presenceOf(client, userId) {
  return client.presence.value.get(userId)?.status ?? "offline";
}

/** Who takes part; staff may silence and shut out, and close the room. */
export function People({ client, room }) {
  const failure = useSignal(null);
  const online = client.connection.online;
  const act = async (what) => {
    failure.value = await what().then(
      () => null,
      (error) => error.message,
    );
  };
  const people = room.participants.value.filter((one) => one.is_active);
  return (
    <div class="people">
      {failure.value && (
        <p class="error" role="alert">
          {failure.value}
        </p>
      )}
      <ul>
        {people.map((person) => (
          <Person key={person.user_id} client={client} room={room} person={person} act={act} />
        ))}
      </ul>
      {isStaff(room.me.role) && (
        <div class="room-acts">
          <RoomSwitch room={room} online={online} act={act} />
          {!online && <p class="muted">{ONLINE_ONLY}</p>}
        </div>
      )}
    </div>
  );
}

function Person({ client, room, person, act }) {
  const self = person.user_id === room.me.user_id;
  const status = presenceOf(client, person.user_id);
  return (
    <li>
      <div class="person">
        <Avatar person={person} small />
        <bdi class="sender">{person.name}</bdi>
        <RoleChip role={person.role} />
        <span class="presence">
          <StateDot state={status} /> {self ? "you" : PRESENCE[status]}
        </span>
      </div>
      <Standing person={person} />
      {isStaff(room.me.role) && !self && !isStaff(person.role) && (
        <Moderation room={room} person={person} online={client.connection.online} act={act} />
      )}
    </li>
  );
}

function Standing({ person }) {
  if (person.is_blocked) return <p class="standing">Blocked</p>;
  if (!person.is_muted) return null;
  const until = person.muted_until ? `until ${whenWords(person.muted_until)}` : "until unmuted";
  return <p class="standing">Muted {until}</p>;
}

function Moderation({ room, person, online, act }) {
  const { user_id: userId, name } = person;
  const button = (label, what) => (
    <button
      key={label}
      type="button"
      class="quiet"
      disabled={!online}
      aria-label={`${label}: ${name}`}
      onClick={() => act(what)}
    >
      {label}
    </button>
  );
  const quarter = () => new Date(Date.now() + MUTE_MS).toISOString();
  return (
    <div class="acts">
      {person.is_muted && button("Unmute", () => room.moderate("unmute", userId))}
      {!person.is_muted && [
        button("Mute 15 min", () => room.moderate("mute", userId, quarter())),
        button("Mute", () => room.moderate("mute", userId)),
      ]}
      {person.is_blocked
        ? button("Unblock", () => room.moderate("unblock", userId))
        : button("Block", () => room.moderate("block", userId))}
    </div>
  );
}

function RoomSwitch({ room, online, act }) {
  const open = room.view.value?.status === "open";
  return (
    <button
      type="button"
      class="quiet"
      disabled={!online}
      onClick={() => act(() => room.turn(open ? "close" : "reopen"))}
    >
      {open ? "Close room" : "Reopen room"}
    </button>
  );
}
