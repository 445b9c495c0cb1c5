// Ctrl-K: jump to a place, or search orders for what was typed.
import { Spotlight, type SpotlightActionData } from "@mantine/spotlight";
import { IconPackages, IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../api/client";
import { usePair } from "../parts/track_badge";
import { formatMoney } from "../parts/decimal";
import { payment } from "../parts/tracks";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { useDebouncedValue } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { places } from "./places";
import { shellWords } from "./words";

export function Palette() {
  const say = useWords(shellWords);
  const pair = usePair();
  const { i18n } = useLingui();
  const may = useRight();
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const text = query.trim();
  const [settled] = useDebouncedValue(text, 200);
  const found = api.useQuery(
    "get",
    "/api/v1/orders",
    { params: { query: { text: settled, limit: 6 } } },
    { enabled: settled.length >= 2 && may("orders:read") },
  );

  const go: SpotlightActionData[] = places
    .filter((place) => may(place.right))
    .filter((place) => say(place.word).toLowerCase().includes(text.toLowerCase()))
    .map(({ to, word, icon: Icon }) => ({
      id: to,
      label: say(word),
      leftSection: <Icon size={18} stroke={1.6} />,
      onClick: () => void navigate({ to }),
    }));
  const orders: SpotlightActionData[] = (settled.length >= 2 ? (found.data?.data ?? []) : []).map((order) => ({
    id: order.id,
    label: `#${order.number} · ${order.buyer.company ?? order.buyer.name ?? order.external_id}`,
    description: `${formatMoney(order.total.amount, order.total.currency, i18n.locale)} · ${pair(payment[order.payment_track]?.name ?? [order.payment_track, order.payment_track])} · ${order.channel_account.name}`,
    leftSection: <IconPackages size={18} stroke={1.6} />,
    onClick: () => void navigate({ to: "/orders/$id", params: { id: order.id } }),
  }));
  const search: SpotlightActionData[] =
    text && may("orders:read")
      ? [
          {
            id: "search",
            label: say("searchOrders", { text }),
            leftSection: <IconSearch size={18} stroke={1.6} />,
            onClick: () => void navigate({ to: "/orders", search: { text } }),
          },
        ]
      : [];
  const actions = [...orders, ...go, ...search];
  return (
    <Spotlight.Root query={query} onQueryChange={setQuery} shortcut="mod + K" attributes={{ content: { "aria-label": say("search") } }} clearQueryOnClose scrollable maxHeight={420}>
      <Spotlight.Search placeholder={say("search")} leftSection={<IconSearch size={18} />} aria-label={say("search")} />
      <Spotlight.ActionsList>
        {actions.length > 0 ? (
          actions.map((action) => <Spotlight.Action key={action.id} {...action} highlightQuery={false} />)
        ) : (
          <Spotlight.Empty>{say("nothing")}</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
