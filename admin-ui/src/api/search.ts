// Query strings, of addresses and of calls alike: repeated keys are lists, empty values are left out.

type Raw = Record<string, unknown>;

/** Repeated keys are lists. */
export function readSearch(text: string): Raw {
  const raw: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = raw[name];
    raw[name] = before === undefined ? value : [before, value].flat();
  }
  return raw;
}

export function searchText(search: Raw): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    for (const each of [value].flat()) {
      if (each !== undefined && each !== null && each !== "") params.append(name, String(each));
    }
  }
  return params.toString();
}
