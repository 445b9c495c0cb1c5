// Who is signed in, and for which tenant. Rights come from the server as they are.
import { useQuery } from "@tanstack/react-query";
import { http, queries } from "../api/client";
import type { Problem, Session } from "../api/types";

export const sessionQuery = {
  queryKey: ["session"] as const,
  queryFn: async (): Promise<Session | null> => {
    const { data, error } = await http.GET("/api/v1/session");
    if (data) return data;
    const problem = error as unknown as Problem;
    if (problem.status === 401) return null;
    throw problem;
  },
  staleTime: 60_000,
};

export function useSession(): Session | null {
  return useQuery(sessionQuery).data ?? null;
}

export function useTenantZone(): string {
  return useSession()?.tenant?.time_zone ?? "UTC";
}

/** Whether the server gave this right to the person here. */
export function useRight(): (right: string) => boolean {
  const rights = useSession()?.rights ?? [];
  return (right) => rights.includes(right);
}

/** After log-in, log-out or a change of tenant nothing of the old session may stay on the screen. */
export function entered(session: Session | null): void {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
  queries.setQueryData(sessionQuery.queryKey, session);
}
