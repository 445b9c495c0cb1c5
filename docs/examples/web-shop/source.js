// Where a visitor came from, for the shop's own pages: <script src="/source.js" defer></script>
// Remembers the first and the last source of a visitor for 30 days, on this device and for this shop only, and writes it
// into every form field named "source" before the form is sent. Nothing is loaded from elsewhere and nothing is sent.
(() => {
  const KEY = "order-source";
  const DAYS = 30;
  const NAMES = ["utm_source", "utm_medium", "utm_campaign", "ref", "aff"];
  const CHARACTERS_MAX = 140;

  /** "utm_source=zalo&utm_campaign=tet" of an address, or the site that linked here; "" when neither tells. */
  function told(address, referrer) {
    const named = NAMES.map((name) => [name, address.searchParams.get(name)]).filter(([, value]) => value);
    if (named.length > 0) return new URLSearchParams(named).toString().slice(0, CHARACTERS_MAX);
    const from = URL.canParse(referrer) ? new URL(referrer).host : "";
    return from && from !== address.host ? `referrer=${from}`.slice(0, CHARACTERS_MAX) : "";
  }

  function kept() {
    try {
      const { first, last, until } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
      return until > Date.now() ? { first, last } : {};
    } catch {
      // A browser that keeps nothing, or something else under our name: the visit itself still counts.
      return {};
    }
  }

  const now = told(new URL(location.href), document.referrer);
  const before = kept();
  const source = { first: before.first || now, last: now || before.last };
  if (now) {
    try {
      localStorage.setItem(KEY, JSON.stringify({ ...source, until: Date.now() + DAYS * 86_400_000 }));
    } catch {
      // As above.
    }
  }
  document.addEventListener("submit", (event) => {
    const field = event.target.elements?.namedItem("source");
    if (field instanceof HTMLInputElement) field.value = [...new Set([source.first, source.last].filter(Boolean))].join(" | ");
  }, true);
})();
