// The one way to the server. Every failed call throws a `Problem`, also when the network or a proxy failed.
import { QueryClient } from "@tanstack/react-query";
import createFetch, { type Middleware } from "openapi-fetch";
import createQueries from "openapi-react-query";
import type { paths } from "./paths";
import { searchText } from "./search";
import type { Problem } from "./types";

const problemContent = "application/problem+json";

const switchyard: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("X-Switchyard-Csrf", "1");
    return request;
  },
  async onResponse({ response }) {
    if (response.ok) return undefined;
    const isProblem = response.headers.get("content-type")?.startsWith(problemContent);
    if (isProblem) return undefined;
    const detail = (await response.text()).slice(0, 300);
    return problemResponse({ status: response.status, code: "unexpected_answer", detail });
  },
  onError() {
    return problemResponse({ status: 503, code: "unreachable" });
  },
};

function problemResponse(problem: Problem): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { "content-type": problemContent },
  });
}

export const http = createFetch<paths>({ baseUrl: "", credentials: "same-origin", querySerializer: searchText });
http.use(switchyard);

export const api = createQueries(http);

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, problem) => failures < 2 && isPassing(problem as unknown as Problem),
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});

/** Worth another try: the server was away or busy, not a refusal. */
function isPassing(problem: Problem): boolean {
  return problem.status >= 502;
}

/** Asks again for everything under these paths. */
export async function refresh(...under: (keyof paths | `/api/v1/${"bank" | "ledger" | "receivables" | "settlement"}`)[]): Promise<void> {
  await Promise.all(
    under.map((path) =>
      queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith(path) }),
    ),
  );
}

/** An order's version as the server's entity tag. */
export function versionTag(version: number): string {
  return `"${version}"`;
}

/** Body serializer for multipart calls. */
export function multipart(body: object): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) {
    if (value !== undefined) form.append(name, value as string | Blob);
  }
  return form;
}
