import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { recipientsOf } from "../core/index.js";
import { Close } from "./icons.jsx";
import { RoleChip } from "./parts.jsx";
import { exactTimeOf, fullTimeOf } from "./times.js";
import { AUDIENCE } from "./words.js";

/** Who has a message and who has read it, person by person. */
export function Details({ room, message, onClose }) {
  const sheet = useRef(null);
  const answer = useSignal({ state: "loading", message });
  useEffect(() => {
    sheet.current.querySelector("button").focus();
    room.details(message.id).then(
      (found) => (answer.value = { state: "there", message: found }),
      (error) => (answer.value = { state: "failed", message, reason: error.message }),
    );
  }, [message.id]);

  const shown = answer.value.message;
  return (
    <div
      ref={sheet}
      class="sheet"
      role="dialog"
      aria-label="Message details"
      aria-busy={answer.value.state === "loading"}
      onKeyDown={(event) => event.key === "Escape" && onClose()}
    >
      <header>
        <h3>Message details</h3>
        <button type="button" class="icon-button" aria-label="Close details" onClick={onClose}>
          <Close />
        </button>
      </header>
      <Facts message={shown} />
      {answer.value.state === "failed" ? (
        <p class="error">Could not load who has it: {answer.value.reason}</p>
      ) : (
        <Recipients room={room} message={shown} />
      )}
    </div>
  );
}

function Facts({ message }) {
  return (
    <dl class="facts">
      <dt>From</dt>
      <dd>
        <bdi>{message.sender.name}</bdi>
      </dd>
      <dt>Sent</dt>
      <dd>{fullTimeOf(message.created_at)}</dd>
      {message.edited_at && <dt>Edited</dt>}
      {message.edited_at && <dd>{fullTimeOf(message.edited_at)}</dd>}
      <dt>Seen by</dt>
      <dd>{AUDIENCE[message.audience].label}</dd>
      <dt>Number</dt>
      <dd>{message.seq}</dd>
    </dl>
  );
}

function Recipients({ room, message }) {
  const people = recipientsOf(message, room.participants.value);
  if (people.length === 0) return <p class="muted">Nobody else may see this message.</p>;
  const at = (list, person) => list?.find((one) => one.user_id === person.user_id)?.at;
  return (
    <table class="receipts">
      <caption class="unseen">Who has it</caption>
      <thead>
        <tr>
          <th scope="col">Person</th>
          <th scope="col">Delivered</th>
          <th scope="col">Read</th>
        </tr>
      </thead>
      <tbody>
        {people.map((person) => (
          <tr key={person.user_id}>
            <th scope="row">
              <bdi>{person.name}</bdi> <RoleChip role={person.role} />
            </th>
            <Moment at={at(message.delivered_to, person)} />
            <Moment at={at(message.read_by, person)} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Moment({ at }) {
  if (!at) return <td class="muted">Not yet</td>;
  return (
    <td>
      <time dateTime={at} title={fullTimeOf(at)}>
        {exactTimeOf(at)}
      </time>
    </td>
  );
}
