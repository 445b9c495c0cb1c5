// Listings that are mapped to nothing, the most wanted first; many are mapped at once.
import { Anchor, Button, Checkbox, Group, Paper, Stack, Table, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { UnmappedListing } from "../api/types_products";
import { ChannelName } from "../orders/channels";
import { Amount } from "../parts/amount";
import { MoreButton, useWork } from "../parts/controls";
import { trimmed } from "../parts/decimal";
import { ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { type Choice, isWhole, listingText } from "./filters";
import { PartsInput } from "./parts";
import { mappingWords } from "./words";

const AT_ONCE_MAX = 200;
const keyOf = ({ channel_account, listing }: UnmappedListing) => `${channel_account.id} ${listing}`;
const firstChoice = ({ suggestion }: UnmappedListing): Choice => [{ sku: suggestion?.sku ?? null, quantity: "1" }];

/** What the person chose for each listing, and which are to be mapped. */
type Chosen = Record<string, { parts: Choice; picked: boolean }>;

export function Queue({ of, account }: { of: "held" | "recent"; account: string | undefined }) {
  const say = useWords(mappingWords);
  const maps = useRight()("products:manage");
  const work = useWork();
  const [chosen, setChosen] = useState<Chosen>({});
  const queue = api.useInfiniteQuery("get", "/api/v1/listings/unmapped", { params: { query: { of, ...(account && { account }), limit: 50 } } }, { ...paging, placeholderData: keepPreviousData, refetchInterval: 30_000 });
  const rows = queue.data ? flat(queue.data) : [];
  const stateOf = (row: UnmappedListing) => chosen[keyOf(row)] ?? { parts: firstChoice(row), picked: false };
  const put = (row: UnmappedListing, state: Chosen[string]) => setChosen((before) => ({ ...before, [keyOf(row)]: state }));
  const whole = rows.filter((row) => isWhole(stateOf(row).parts));
  const picked = whole.filter((row) => stateOf(row).picked).slice(0, AT_ONCE_MAX);
  const pickAll = (all: boolean) => setChosen((before) => ({ ...before, ...Object.fromEntries(whole.map((row) => [keyOf(row), { ...stateOf(row), picked: all }])) }));
  const map = () =>
    work.run(async () => {
      const mappings = picked.map((row) => ({
        channel_account_id: row.channel_account.id,
        listing: row.listing,
        parts: stateOf(row).parts.map(({ sku, quantity }) => ({ sku: sku ?? "", quantity })),
      }));
      const answer = await done(http.POST("/api/v1/listings/map", { body: { mappings } }));
      setChosen({});
      await refresh("/api/v1/listings/unmapped", "/api/v1/listings", "/api/v1/orders");
      tell(say("done", { count: answer.changed }));
    });
  return (
    <Paper style={{ overflow: "hidden" }}>
      <Loaded of={queue} isEmpty={() => rows.length === 0} empty={<Empty title={say(of === "held" ? "noneHeld" : "noneRecent")} text={say("noneText")} />}>
        {() => (
          <>
            <Wide>
              <Table fz="sm" miw={1000} style={{ verticalAlign: "top" }}>
                <Table.Thead>
                  <Table.Tr>
                    {maps && (
                      <Table.Th w={36}>
                        <Checkbox
                          size="xs"
                          aria-label={say("chooseAll")}
                          disabled={whole.length === 0}
                          checked={whole.length > 0 && picked.length === whole.length}
                          indeterminate={picked.length > 0 && picked.length < whole.length}
                          onChange={(event) => pickAll(event.currentTarget.checked)}
                        />
                      </Table.Th>
                    )}
                    <Table.Th>{say("listing")}</Table.Th>
                    <Table.Th>{say("account")}</Table.Th>
                    <Table.Th ta="right">{say("orders")}</Table.Th>
                    <Table.Th ta="right">{say("units")}</Table.Th>
                    <Table.Th ta="right">{say("value")}</Table.Th>
                    <Table.Th miw={320}>{say("is")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map((row) => (
                    <Row key={keyOf(row)} row={row} maps={maps} state={stateOf(row)} onChange={(state) => put(row, state)} />
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
            {maps && (
              <Group justify="space-between" p="sm" style={{ borderTop: "1px solid var(--edge)" }}>
                <ProblemAlert problem={work.problem} />
                <Button ml="auto" loading={work.busy} disabled={picked.length === 0} onClick={() => void map()}>
                  {say("map", { count: picked.length })}
                </Button>
              </Group>
            )}
          </>
        )}
      </Loaded>
      <MoreButton of={queue} />
    </Paper>
  );
}

const why = { sku: "bySku", barcode: "byBarcode", name: "byName" } as const;

function Row({ row, maps, state, onChange }: { row: UnmappedListing; maps: boolean; state: Chosen[string]; onChange: (state: Chosen[string]) => void }) {
  const say = useWords(mappingWords);
  const listing = listingText(row.listing);
  const { suggestion } = row;
  return (
    <Table.Tr data-listing={row.listing}>
      {maps && (
        <Table.Td>
          <Checkbox size="xs" aria-label={say("choose")} disabled={!isWhole(state.parts)} checked={state.picked && isWhole(state.parts)} onChange={(event) => onChange({ ...state, picked: event.currentTarget.checked })} />
        </Table.Td>
      )}
      <Table.Td maw={280}>
        <Text size="sm" fw={560} style={{ overflowWrap: "anywhere" }}>
          {listing.text || say("noName")}
        </Text>
        <Text size="xs" c="dimmed" lineClamp={2}>
          {listing.by === "name" ? say("noSku") : row.name}
        </Text>
      </Table.Td>
      <Table.Td>
        <ChannelName kind={row.channel_kind} account={row.channel_account.name} />
      </Table.Td>
      <Table.Td ta="right">
        <Anchor component={Link} to={`/orders?account=${row.channel_account.id}&text=${encodeURIComponent(listing.text)}`} size="sm" title={say("openOrders")}>
          {row.orders}
        </Anchor>
      </Table.Td>
      <Table.Td ta="right" style={{ fontVariantNumeric: "tabular-nums" }}>
        {trimmed(row.units)}
      </Table.Td>
      <Table.Td ta="right">
        <Stack gap={2} align="flex-end">
          {row.value.map((value) => (
            <Amount key={value.currency} of={value} />
          ))}
        </Stack>
      </Table.Td>
      <Table.Td>
        {maps && <PartsInput parts={state.parts} known={suggestion ? [suggestion] : []} onChange={(parts) => onChange({ parts, picked: isWhole(parts) })} />}
        {suggestion && (
          <Group gap={6} mt={4}>
            <ToneBadge tone="quiet">{say("suggested")}</ToneBadge>
            <Text size="xs" c="dimmed">
              {`${suggestion.sku} · ${suggestion.name} (${say(why[suggestion.why])})`}
            </Text>
          </Group>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
