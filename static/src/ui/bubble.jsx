import { statusOf } from "../core/index.js";
import { Alert, Check, Checks, Clock, Dots, File } from "./icons.jsx";
import { AudienceLabel, RoleChip } from "./parts.jsx";
import { Text } from "./text.jsx";
import { exactTimeOf, fullTimeOf, timeOf } from "./times.js";
import { PENDING, REMOVED, ROLES, STATUS, actionsWords } from "./words.js";

/** One stored message. `onMenu(message, button)` opens its actions. */
export function Bubble({ row, room, focusable, onMenu, onJump }) {
  const { message, own, continues } = row;
  return (
    <article class="bubble" data-audience={message.audience} data-removed={message.is_deleted}>
      {!own && !continues && <Heading sender={message.sender} />}
      {!continues && <AudienceLabel audience={message.audience} />}
      {message.reply_to && !message.is_deleted && (
        <Quote original={room.log.byId(message.reply_to)} onJump={onJump} />
      )}
      <div class="said">
        <Content message={message} />
        <footer>
          {message.is_edited && !message.is_deleted && <span>edited</span>}
          <time dateTime={message.created_at} title={fullTimeOf(message.created_at)}>
            {timeOf(message.created_at)}
          </time>
          {own && !message.is_deleted && message.audience !== "staff" && (
            <SentMark message={message} room={room} />
          )}
        </footer>
      </div>
      <button
        type="button"
        class="more"
        aria-haspopup="menu"
        aria-label={actionsWords(own ? null : message.sender.name, exactTimeOf(message.created_at))}
        tabIndex={focusable ? 0 : -1}
        onClick={(event) => onMenu(message, event.currentTarget)}
      >
        <Dots />
      </button>
    </article>
  );
}

function Heading({ sender }) {
  return (
    <header>
      <bdi class="sender">{sender.name}</bdi>
      <RoleChip role={sender.role} />
    </header>
  );
}

function Content({ message }) {
  if (message.is_deleted) return <p class="text tombstone">{REMOVED}</p>;
  if (message.type === "text") return <Text content={message.content} />;
  return (
    <div class="attached">
      <File />
      <Text content={message.content} />
    </div>
  );
}

function Quote({ original, onJump }) {
  const words = original?.is_deleted ? REMOVED : (original?.content ?? "An earlier message");
  const name = original?.sender.name ?? "";
  return (
    <button type="button" class="quote" disabled={!original} onClick={() => onJump(original)}>
      <bdi class="sender">{name}</bdi>
      <span dir="auto">{words}</span>
    </button>
  );
}

function SentMark({ message, room }) {
  const status = statusOf(message, room.participants.value);
  return (
    <span class="mark" data-status={status} title={STATUS[status]}>
      {status === "sent" ? <Check /> : <Checks />}
      <span class="mark-word">{STATUS[status]}</span>
    </span>
  );
}

/** A message that the server has not confirmed, with what can be done about it. */
export function PendingBubble({ entry, onRetry, onEdit, onDiscard }) {
  const failed = entry.state === "failed";
  return (
    <article class="bubble pending" data-audience={entry.audience} data-state={entry.state}>
      <AudienceLabel audience={entry.audience} />
      <div class="said">
        <Text content={entry.content} />
        <footer>
          <time dateTime={entry.created_at}>{timeOf(entry.created_at)}</time>
          <span class="mark" data-status={entry.state} title={PENDING[entry.state]}>
            {failed ? <Alert /> : <Clock />}
            <span class={failed || entry.state === "unconfirmed" ? "" : "unseen"}>
              {PENDING[entry.state]}
            </span>
          </span>
        </footer>
      </div>
      {failed && (
        <div class="failure">
          <p>{entry.error.message}</p>
          <button type="button" class="quiet" onClick={() => onRetry(entry)}>
            Retry
          </button>
          <button type="button" class="quiet" onClick={() => onEdit(entry)}>
            Edit
          </button>
          <button type="button" class="quiet" onClick={() => onDiscard(entry)}>
            Discard
          </button>
        </div>
      )}
    </article>
  );
}

/** What happened to the order or the room: one centred line. */
export function EventLine({ message }) {
  const { role, name } = message.sender;
  return (
    <p class="event">
      <time dateTime={message.created_at} title={fullTimeOf(message.created_at)}>
        {timeOf(message.created_at)}
      </time>
      <span dir="auto">{message.is_deleted ? REMOVED : message.content}</span>
      <span class="unseen">{`, ${name || ROLES[role]}`}</span>
    </p>
  );
}
