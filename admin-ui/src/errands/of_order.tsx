// What the channel of an order was asked to do.
import { api } from "../api/client";
import type { Order } from "../api/types";
import { Loaded, Panel } from "../parts/section";
import { useWords } from "../words/catalogue";
import { ErrandLine, SyncedBadge } from "./errand";
import { errandWords } from "./words";

export function OrderErrands({ order }: { order: Order }) {
  return order.synced ? <Asked order={order} synced={order.synced} /> : null;
}

function Asked({ order, synced }: { order: Order; synced: NonNullable<Order["synced"]> }) {
  const say = useWords(errandWords);
  const errands = api.useQuery("get", "/api/v1/orders/{id}/errands", { params: { path: { id: order.id } } }, { refetchInterval: synced === "waiting" ? 4_000 : false });
  return (
    <Panel title={say("title")} flush aside={<SyncedBadge of={synced} />}>
      <Loaded of={errands} rows={2}>
        {({ data }) => (
          <>
            {data.map((errand) => (
              <ErrandLine key={errand.id} errand={errand} />
            ))}
          </>
        )}
      </Loaded>
    </Panel>
  );
}
