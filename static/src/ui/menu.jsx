import { useLayoutEffect, useRef } from "preact/hooks";

const MARGIN = 8;

/**
 * A menu over the page, beside `anchor`: arrows, Home and End move, Escape and Tab close it and
 * give the focus back. `items` are `{label, act, danger?}`.
 */
export function Menu({ anchor, label, items, onClose }) {
  const list = useRef(null);

  useOpenMenu(list, anchor, onClose);
  const leave = () => {
    onClose();
    anchor.focus();
  };

  return (
    <div
      ref={list}
      class="menu"
      role="menu"
      aria-label={label}
      onKeyDown={(event) => onMenuKey(event, list.current, leave)}
    >
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={item.danger ? "danger" : ""}
          onClick={() => {
            leave();
            item.act();
          }}
        >
          {item.label}
        </button>
      ))}
    </div>
  );
}

/** Put the menu in its place, take the focus, and close on whatever happens elsewhere. */
function useOpenMenu(list, anchor, onClose) {
  useLayoutEffect(() => {
    place(list.current, anchor);
    list.current.firstElementChild.focus();
    const outside = (event) => {
      if (!list.current.contains(event.target)) onClose();
    };
    document.addEventListener("pointerdown", outside);
    window.addEventListener("resize", onClose);
    return () => {
      document.removeEventListener("pointerdown", outside);
      window.removeEventListener("resize", onClose);
    };
  }, []);
}

function onMenuKey(event, list, leave) {
  const items = [...list.children];
  const at = items.indexOf(document.activeElement);
  const targets = {
    ArrowDown: items[(at + 1) % items.length],
    ArrowUp: items[(at - 1 + items.length) % items.length],
    Home: items[0],
    End: items.at(-1),
  };
  if (event.key === "Escape" || event.key === "Tab") leave();
  else targets[event.key]?.focus();
  if (event.key in targets || event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
  }
}

/** Below the anchor, or above where there is no room; inside the window either way. */
function place(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + height + MARGIN <= window.innerHeight;
  const left = Math.min(at.left, window.innerWidth - width - MARGIN);
  menu.style.top = `${below ? at.bottom + 4 : Math.max(MARGIN, at.top - height - 4)}px`;
  menu.style.left = `${Math.max(MARGIN, left)}px`;
}
