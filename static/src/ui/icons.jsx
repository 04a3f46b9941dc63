/** Line icons on a grid of 16; all are decoration, the words beside them carry the meaning. */

function Icon({ children, size = 16, ...rest }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width={size}
      height={size}
      aria-hidden="true"
      focusable="false"
      {...rest}
    >
      {children}
    </svg>
  );
}

export const Clock = () => (
  <Icon>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 5v3.2l2 1.3" />
  </Icon>
);
export const Check = () => (
  <Icon>
    <path d="m3.5 8.5 3 3 6-7" />
  </Icon>
);
export const Checks = () => (
  <Icon>
    <path d="m1 8.5 3 3 6-7M8 11l.8.5L15 4.5" />
  </Icon>
);
export const Lock = () => (
  <Icon>
    <rect x="3.5" y="7" width="9" height="6" rx="1.5" />
    <path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2" />
  </Icon>
);
export const Cross = () => (
  <Icon>
    <path d="M6 2.5h4V6h3.5v4H10v3.5H6V10H2.5V6H6z" />
  </Icon>
);
export const Alert = () => (
  <Icon>
    <path d="M8 2.5 14 13H2zM8 6.5v3M8 11.2v.1" />
  </Icon>
);
export const Dots = () => (
  <Icon>
    <path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.2" />
  </Icon>
);
export const Send = () => (
  <Icon size={20}>
    <path d="M8 13V3.5M3.8 7.5 8 3.3l4.2 4.2" stroke-width="1.8" />
  </Icon>
);
export const Close = () => (
  <Icon>
    <path d="m4 4 8 8m0-8-8 8" />
  </Icon>
);
export const Chevron = () => (
  <Icon>
    <path d="m4 6 4 4 4-4" />
  </Icon>
);
export const File = () => (
  <Icon>
    <path d="M4 2h5l3 3v9H4zM9 2v3h3" />
  </Icon>
);
export const Mark = () => (
  <svg class="logo" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="8" />
    <path
      class="logo-bubble"
      d="M9 8h14a3 3 0 0 1 3 3v8a3 3 0 0 1-3 3h-6l-5 4v-4H9a3 3 0 0 1-3-3v-8a3 3 0 0 1 3-3z"
    />
    <path class="logo-checks" d="m11 15.2 2.6 2.6 4.6-5m-.4 5 4.4-5" />
  </svg>
);
