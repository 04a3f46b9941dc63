const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g;

/** Text with its links, placed as elements: whatever somebody writes stays text. */
export function Text({ content }) {
  const parts = [];
  let end = 0;
  for (const match of content.matchAll(LINK)) {
    parts.push(content.slice(end, match.index));
    parts.push(
      <a key={match.index} href={match[0]} target="_blank" rel="noopener noreferrer nofollow">
        {match[0]}
      </a>,
    );
    end = match.index + match[0].length;
  }
  parts.push(content.slice(end));
  return (
    <p class="text" dir="auto">
      {parts}
    </p>
  );
}
