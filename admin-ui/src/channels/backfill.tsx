// Older orders of a channel account: asked for by days, followed on their way, called off.
import { Alert, Box, Button, Group, Progress, Stack, Table, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Backfill, ChannelAccount } from "../api/types_admin";
import { useWork } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { formatMoment, Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Loaded, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import type { Tone } from "../parts/tracks";
import { Wide } from "../parts/wide";
import { today } from "../ledger/filters";
import { useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import { isOpen, periodOf, shareRead } from "./period";
import { channelWords } from "./words";

const movingMs = 1_000;
const restingMs = 15_000;
const shownMax = 20;

const looks: Record<Backfill["state"], { tone: Tone; word: "queued" | "running" | "ended" | "cancelled" | "failed" }> = {
  queued: { tone: "wait", word: "queued" },
  running: { tone: "move", word: "running" },
  done: { tone: "good", word: "ended" },
  cancelled: { tone: "quiet", word: "cancelled" },
  failed: { tone: "bad", word: "failed" },
};

const changed = () => refresh("/api/v1/channel-accounts/{id}/backfills", "/api/v1/orders");

export function Backfills({ account, manages }: { account: ChannelAccount; manages: boolean }) {
  const say = useWords(channelWords);
  const found = api.useQuery(
    "get",
    "/api/v1/channel-accounts/{id}/backfills",
    { params: { path: { id: account.id }, query: { limit: shownMax } } },
    { refetchInterval: (query) => (query.state.data?.data.some(isOpen) ? movingMs : restingMs) },
  );
  return (
    <Panel title={say("backfill")} flush>
      <Loaded of={found} rows={2}>
        {({ data }) => {
          const open = data.find(isOpen);
          const past = data.filter((each) => !isOpen(each));
          return (
            <>
              <Box p="md">
                {open && <Running of={open} account={account} />}
                {!open && manages && <Ask account={account} />}
                {!open && !manages && (
                  <Text size="xs" c="dimmed">
                    {say("backfillText")}
                  </Text>
                )}
              </Box>
              {past.length > 0 && <Past of={past} />}
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function Ask({ account }: { account: ChannelAccount }) {
  const say = useWords(channelWords);
  const zone = useTenantZone();
  const work = useWork();
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState(() => today(zone));
  const ask = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/channel-accounts/{id}/backfills", { params: { path: { id: account.id } }, body: periodOf(from, until, zone, Date.now()) }));
      await changed();
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      <Stack gap="sm">
        <Text size="xs" c="dimmed">
          {say("backfillText")}
        </Text>
        <Group gap="xs" align="flex-end">
          <TextInput type="date" size="xs" label={say("backfillFrom")} required value={from} max={until} onChange={(event) => setFrom(event.currentTarget.value)} />
          <TextInput type="date" size="xs" label={say("backfillUntil")} required value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
          <Button type="submit" size="xs" loading={work.busy} disabled={!from || !until || account.state !== "active"}>
            {say("backfillStart")}
          </Button>
        </Group>
        <ProblemAlert problem={work.problem} />
      </Stack>
    </form>
  );
}

function Running({ of, account }: { of: Backfill; account: ChannelAccount }) {
  const say = useWords(channelWords);
  const { i18n } = useLingui();
  const zone = useTenantZone();
  const work = useWork();
  const stop = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/channel-accounts/{id}/backfills/{backfill}/cancel", { params: { path: { id: account.id, backfill: of.id } } }));
      await changed();
    });
  return (
    <Stack gap="sm">
      <Group justify="space-between" gap="sm">
        <Group gap="sm">
          <State of={of} />
          <Period of={of} />
        </Group>
        {of.actions.includes("cancel") && (
          <Button size="compact-xs" variant="default" loading={work.busy} onClick={() => void stop()}>
            {say("backfillCancel")}
          </Button>
        )}
      </Group>
      <Progress value={shareRead(of)} animated={of.state === "running" && account.state === "active"} aria-label={say("backfillProgress")} />
      <Text size="sm" style={{ fontVariantNumeric: "tabular-nums" }}>
        {[
          say("backfillReached", { when: formatMoment(of.reached, i18n.locale, zone) }),
          say("backfillOrders", { count: of.orders }),
          say("backfillNew", { count: formatNumber(of.orders_new, i18n.locale) }),
        ].join(" · ")}
      </Text>
      {account.state === "paused" && (
        <Alert color="yellow" variant="light">
          <Text size="sm" c="var(--mantine-color-text)">
            {say("backfillWaits")}
          </Text>
        </Alert>
      )}
      <Trouble of={of} />
      <ProblemAlert problem={work.problem} />
    </Stack>
  );
}

function Past({ of }: { of: Backfill[] }) {
  const say = useWords(channelWords);
  const { i18n } = useLingui();
  return (
    <Wide>
      <Table fz="sm" aria-label={say("backfillPast")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{say("period")}</Table.Th>
            <Table.Th>{say("state")}</Table.Th>
            <Table.Th ta="right">{say("orders")}</Table.Th>
            <Table.Th ta="right">{say("newOrders")}</Table.Th>
            <Table.Th>{say("asked")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {of.map((each) => (
            <Table.Tr key={each.id}>
              <Table.Td>
                <Period of={each} />
                {each.state === "failed" && <Trouble of={each} />}
              </Table.Td>
              <Table.Td>
                <State of={each} />
              </Table.Td>
              <Table.Td ta="right">{formatNumber(each.orders, i18n.locale)}</Table.Td>
              <Table.Td ta="right">{formatNumber(each.orders_new, i18n.locale)}</Table.Td>
              <Table.Td>
                <Moment at={each.asked_at} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}

function State({ of }: { of: Backfill }) {
  const say = useWords(channelWords);
  const look = looks[of.state];
  return <ToneBadge tone={look.tone}>{say(look.word)}</ToneBadge>;
}

function Period({ of }: { of: Backfill }) {
  return (
    <Text size="sm" component="div">
      <Moment at={of.from} /> {"–"} <Moment at={of.until} />
    </Text>
  );
}

function Trouble({ of }: { of: Backfill }) {
  const say = useWords(channelWords);
  if (!of.error) return null;
  return (
    <Text size="xs" component="div" style={{ overflowWrap: "anywhere" }}>
      <Text span size="xs" c="dimmed">
        {say("lastError")}
        {": "}
      </Text>
      {of.error}
    </Text>
  );
}
