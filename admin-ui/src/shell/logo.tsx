export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" style={{ flex: "none" }}>
      <rect width="32" height="32" rx="8" fill="#0b6272" />
      <path
        d="M6 22h7c5 0 5-12 10-12h3M6 10h6c2 0 3 1 4 3M20 19c1 2 2 3 4 3h2"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
    </svg>
  );
}
