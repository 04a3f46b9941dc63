import { typingWords } from "./words.js";

/** Who is writing; the line keeps its height, so that nothing jumps when somebody starts. */
export function TypingLine({ room }) {
  const names = room.board.writers.value.map((id) => room.participant(id)?.name ?? "Somebody");
  return (
    <p class="typing" aria-live="off">
      {names.length > 0 && (
        <span class="typing-dots" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
      )}
      <span dir="auto">{typingWords(names)}</span>
    </p>
  );
}
