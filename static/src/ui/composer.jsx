import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { MAX_TEXT, audiencesFor } from "../core/index.js";
import { Close, Lock, Send } from "./icons.jsx";
import { whenWords } from "./times.js";
import { AUDIENCE, leftWords, silencedWords } from "./words.js";

/** The count is shown from so many characters left. */
const COUNT_FROM = 200;

export function emptyDraft() {
  return { text: "", audience: "everyone", replyTo: null, editing: null };
}

/**
 * Where this person writes. `draft` is a signal of `{text, audience, replyTo, editing}`, held by
 * whoever shows the composer, so that what is written outlives it. It is cleared when its text is
 * safe: in the outbox, or for an edit with the server.
 */
export function Composer({ room, draft, focusAsked }) {
  const error = useSignal(null);
  const { text, audience } = draft.value;
  const left = MAX_TEXT - [...text.trim()].length;
  const ready = text.trim() !== "" && left >= 0 && room.voice.value === null;
  const submit = async () => {
    if (!ready) return;
    error.value = await commit(room, draft).then(
      () => null,
      (failure) => failure.message,
    );
  };
  return (
    <form
      class="composer"
      data-audience={audience}
      aria-label={`Write as ${room.me.name}`}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Silenced room={room} />
      <Context draft={draft} />
      {audience === "staff" && (
        <p class="note-sign">
          <Lock /> Only support sees this
        </p>
      )}
      {error.value && (
        <p class="error" role="alert">
          {error.value}
        </p>
      )}
      <Field room={room} draft={draft} focusAsked={focusAsked} onEnter={submit} />
      <Foot room={room} draft={draft} left={left} ready={ready} />
    </form>
  );
}

function Field({ room, draft, focusAsked, onEnter }) {
  const field = useRef(null);
  const { text, audience } = draft.value;
  const note = audience === "staff";
  useLayoutEffect(() => fitHeight(field.current), [text]);
  useEffect(() => {
    if (focusAsked.value > 0) field.current.focus();
  }, [focusAsked.value]);

  const onInput = ({ currentTarget: { value } }) => {
    draft.value = { ...draft.value, text: value };
    // That support is writing a note is itself for support alone.
    if (value.trim() && !note) room.typist.typed();
    else room.typist.stopped();
  };
  const onKeyDown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || composing(event)) return;
    event.preventDefault();
    onEnter();
  };
  return (
    <textarea
      ref={field}
      rows={1}
      dir="auto"
      aria-label={note ? "Internal note" : "Message"}
      placeholder={note ? "Write an internal note" : "Write a message"}
      value={text}
      readOnly={room.voice.value !== null}
      onInput={onInput}
      onKeyDown={onKeyDown}
    />
  );
}

function Foot({ room, draft, left, ready }) {
  const { audience, editing } = draft.value;
  return (
    <div class="composer-foot">
      <AudienceChoice room={room} draft={draft} />
      {left <= COUNT_FROM && (
        <span class={left < 0 ? "count error" : "count"}>{leftWords(left)}</span>
      )}
      <button type="submit" class="send" disabled={!ready}>
        <span>{sendWord(audience, editing)}</span>
        <Send />
      </button>
    </div>
  );
}

/** Enter ends a composition of Japanese or Chinese text, and that is not sending it. */
function composing(event) {
  // Safari ends the composition before the key, and marks the key with 229.
  return event.isComposing || event.keyCode === 229;
}

function sendWord(audience, editing) {
  if (editing) return "Save";
  return audience === "staff" ? "Add note" : "Send";
}

async function commit(room, draft) {
  const { text, audience, replyTo, editing } = draft.value;
  if (editing) {
    await room.edit(editing.id, text.trim());
    draft.value = emptyDraft();
    return;
  }
  room.send({ content: text.trim(), audience, reply_to: replyTo?.id ?? null });
  // The audience stays as chosen: it must never change by itself under the writer's hand.
  draft.value = { ...emptyDraft(), audience };
}

function Silenced({ room }) {
  const reason = room.voice.value;
  if (reason === null) return null;
  return (
    <div class="banner" role="status">
      <p>{silencedWords(reason.code, reason.until && whenWords(reason.until))}</p>
      {room.standing.value.phase === "outside" && (
        <button type="button" class="quiet" onClick={() => room.enter()}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What is being answered or edited. */
function Context({ draft }) {
  const { replyTo, editing } = draft.value;
  const message = editing ?? replyTo;
  if (!message) return null;
  return (
    <div class="context">
      <span class="context-verb">
        {editing ? "Editing" : "Reply to"} {!editing && <bdi>{message.sender.name}</bdi>}
      </span>
      <span class="context-text" dir="auto">
        {message.content}
      </span>
      <button
        type="button"
        class="icon-button"
        aria-label="Cancel"
        onClick={() => (draft.value = { ...emptyDraft(), text: editing ? "" : draft.value.text })}
      >
        <Close />
      </button>
    </div>
  );
}

function AudienceChoice({ room, draft }) {
  const { audience, editing } = draft.value;
  const choices = audiencesFor(room.me.role);
  if (choices.length === 1 || editing) {
    return <span class="audience-only">{AUDIENCE[audience].choice}</span>;
  }
  return (
    <label class="select">
      <span class="unseen">Who may see it</span>
      <select
        value={audience}
        onChange={(event) => (draft.value = { ...draft.value, audience: event.target.value })}
      >
        {choices.map((one) => (
          <option key={one} value={one}>
            {AUDIENCE[one].choice}
          </option>
        ))}
      </select>
    </label>
  );
}

/** As high as its text; the style sheet sets the limits. */
function fitHeight(field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
