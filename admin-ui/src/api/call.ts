// Awaited calls for click handlers: the data, or the problem thrown.
import type { Problem } from "./types";

type Answer<T> = { data?: T; error?: unknown; response: Response };

export async function done<T>(call: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw (error ?? { status: response.status, code: "unexpected_answer" }) as Problem;
}

/** The next page of any list. The first page has the empty cursor, which is left out of the query. */
export const paging = {
  pageParamName: "cursor",
  initialPageParam: "",
  getNextPageParam: (last: { next_cursor?: string | null }) => last.next_cursor ?? undefined,
};

export function flat<T>(pages: { pages: { data: T[] }[] }): T[] {
  return pages.pages.flatMap((page) => page.data);
}
