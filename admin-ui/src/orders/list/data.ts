// The list's data: pages by cursor, counts, and how a live batch changes what is shown.
import { type InfiniteData, keepPreviousData } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { flat, paging } from "../../api/call";
import { api, http, queries, refresh } from "../../api/client";
import type { List, Order, OrderRow } from "../../api/types";
import { type OrderFilters, withoutTab } from "./filters";

const pageSize = 60;
/** More changed orders than this in a second are asked for as a page instead of one by one. */
const patchedMax = 12;

type Pages = InfiniteData<List<OrderRow>>;

export function useOrders(filters: OrderFilters) {
  const query = api.useInfiniteQuery(
    "get",
    "/api/v1/orders",
    { params: { query: { ...filters, limit: pageSize } } },
    { ...paging, placeholderData: keepPreviousData },
  );
  const rows = useMemo(() => (query.data ? flat(query.data as Pages) : []), [query.data]);
  return { ...query, rows };
}

export function useCounts(filters: OrderFilters) {
  const inAll = api.useQuery("get", "/api/v1/orders/counts", { params: { query: withoutTab(filters) } }, { placeholderData: keepPreviousData });
  const here = api.useQuery("get", "/api/v1/orders/counts", { params: { query: filters } }, { placeholderData: keepPreviousData });
  const { segment: _, ...both } = withoutTab(filters);
  const inBoth = api.useQuery("get", "/api/v1/orders/counts", { params: { query: both } }, { placeholderData: keepPreviousData });
  return { inAll: inAll.data, here: here.data, inBoth: inBoth.data };
}

const isList = (key: readonly unknown[]) => key[0] === "get" && key[1] === "/api/v1/orders";

/** Puts the fresh state of one order into every list that shows it, and into its open details. */
export function patchOrder(order: Order): void {
  queries.setQueriesData<Pages>({ predicate: ({ queryKey }) => isList(queryKey) }, (pages) =>
    pages?.pages ? { ...pages, pages: pages.pages.map((page) => ({ ...page, data: page.data.map((row) => (row.id === order.id ? { ...row, ...order } : row)) })) } : pages,
  );
  queries.setQueryData(["get", "/api/v1/orders/{id}", { params: { path: { id: order.id } } }], order);
}

/** After a write: the order itself, its timeline and the counts. */
export async function orderChanged(id: string): Promise<void> {
  const { data } = await http.GET("/api/v1/orders/{id}", { params: { path: { id } } });
  if (data) patchOrder(data);
  await Promise.all([
    queries.invalidateQueries({ queryKey: ["get", "/api/v1/orders/{id}/timeline", { params: { path: { id } } }] }),
    refresh("/api/v1/orders/counts", "/api/v1/orders/{id}/ledger", "/api/v1/orders/{id}/deposit", "/api/v1/orders/{id}/errands", "/api/v1/holds"),
  ]);
}

/** Fetches the changed orders that are shown; answers which of them were not as shown. */
export function useTakeUpdates(rows: OrderRow[]) {
  return useCallback(
    async (updated: string[]): Promise<string[]> => {
      const shown = rows.filter((row) => updated.includes(row.id));
      if (shown.length > patchedMax) {
        await reloadTop();
        return [];
      }
      const changed = await Promise.all(
        shown.map(async ({ id, version }) => {
          const { data } = await http.GET("/api/v1/orders/{id}", { params: { path: { id } } });
          if (!data || data.version === version) return [];
          patchOrder(data);
          await queries.invalidateQueries({ queryKey: ["get", "/api/v1/orders/{id}/timeline", { params: { path: { id } } }] });
          return [id];
        }),
      );
      return changed.flat();
    },
    [rows],
  );
}

/** Back to the first page, asked anew. */
export async function reloadTop(): Promise<void> {
  queries.setQueriesData<Pages>({ predicate: ({ queryKey }) => isList(queryKey) }, (pages) =>
    pages?.pages ? { pages: pages.pages.slice(0, 1), pageParams: pages.pageParams.slice(0, 1) } : pages,
  );
  await queries.invalidateQueries({ predicate: ({ queryKey }) => isList(queryKey) });
  await refresh("/api/v1/orders/counts");
}
