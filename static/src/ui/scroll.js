import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** How far from its end a list still counts as at its end, in px. */
const AT_END_PX = 24;

/**
 * A list that stays at its end, or else where the reader is.
 *
 * Away from the end the place is kept as a row and its distance from the top, never as a scroll
 * offset: rows put in front then move nothing. `onSeen(seq)` is told the last message in view.
 */
export function useTimelineScroll(rows, onSeen) {
  const list = useRef(null);
  const anchor = useRef(null);
  const atEnd = useSignal(true);

  const remember = () => {
    const scroller = list.current;
    // The panel may be gone by the time its last resize or message is told.
    if (!scroller) return;
    const rest = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
    atEnd.value = rest <= AT_END_PX;
    anchor.current = anchorIn(scroller);
    onSeen(lastSeen(scroller));
  };
  const toEnd = () => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
    remember();
  };

  useLayoutEffect(() => {
    if (atEnd.value) toEnd();
    else restore(list.current, anchor.current);
  }, [rows]);

  useEffect(() => {
    const resized = new ResizeObserver(() => (atEnd.value ? toEnd() : undefined));
    resized.observe(list.current);
    return () => resized.disconnect();
  }, []);

  return { list, atEnd, toEnd, onScroll: remember };
}

/** The first row in view, and how far its end is from the top of the list. */
function anchorIn(scroller) {
  // Its end, because its heading goes when the message before it comes. And not a day's heading,
  // which moves up when older messages of its day come.
  const row = [...scroller.querySelectorAll(".row")].find((one) => endOf(one) > scroller.scrollTop);
  return row ? { key: row.dataset.key, distance: endOf(row) - scroller.scrollTop } : null;
}

function restore(scroller, anchor) {
  const rows = [...scroller.querySelectorAll(".row")];
  const row = rows.find((one) => one.dataset.key === anchor?.key);
  if (row) scroller.scrollTop = endOf(row) - anchor.distance;
}

function endOf(row) {
  return row.offsetTop + row.offsetHeight;
}

/** The number of the last message of which at least half is in view, 0 for none. */
export function lastSeen(scroller) {
  const end = scroller.scrollTop + scroller.clientHeight;
  const seen = [...scroller.children].findLast(
    (one) => one.dataset.seq && one.offsetTop + one.offsetHeight / 2 <= end,
  );
  return Number(seen?.dataset.seq ?? 0);
}
