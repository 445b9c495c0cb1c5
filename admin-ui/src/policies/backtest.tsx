// Asks a version about orders of the past: how many would be held or freed, and how much money that is.
import { Alert, Anchor, Box, Button, Group, Progress, Stack, Table, Text, TextInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Backtest, Policy, Reason } from "../api/types_credit";
import { dayEnd } from "../ledger/filters";
import { dayStart } from "../orders/list/filters";
import { Amount } from "../parts/amount";
import { Length, StackedBar } from "../parts/bar";
import { useWork } from "../parts/controls";
import { largest } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Loaded, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { useRight, useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import styles from "./backtest.module.css";
import { policyWords } from "./words";

const watchMs = 1_500;

export function Backtests({ policy }: { policy: Policy }) {
  const say = useWords(policyWords);
  const may = useRight();
  const backtests = api.useQuery(
    "get",
    "/api/v1/credit-policies/{id}/backtests",
    { params: { path: { id: policy.id } } },
    { refetchInterval: (query) => (query.state.data?.data.some(({ state }) => state === "running") ? watchMs : false) },
  );
  return (
    <Panel title={say("backtest")}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {say("backtestText")}
        </Text>
        {may("credit:configure") && <Run policy={policy} />}
        <Loaded of={backtests}>
          {({ data: [newest, ...earlier] }) =>
            newest ? (
              <>
                <Result of={newest} />
                {earlier.length > 0 && <Earlier of={earlier} />}
              </>
            ) : (
              <Text size="sm">{say("noBacktests")}</Text>
            )
          }
        </Loaded>
      </Stack>
    </Panel>
  );
}

function Run({ policy }: { policy: Policy }) {
  const say = useWords(policyWords);
  const zone = useTenantZone();
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [most, setMost] = useState("1000");
  const work = useWork();
  const run = () =>
    work.run(async () => {
      const body = { ...(from && { placed_from: dayStart(from, zone) }), ...(to && { placed_to: dayEnd(to, zone) }), orders_max: Number(most) };
      await done(http.POST("/api/v1/credit-policies/{id}/backtest", { params: { path: { id: policy.id } }, body }));
      await refresh("/api/v1/credit-policies/{id}/backtests");
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      <Group gap="xs" align="flex-end">
        <TextInput type="date" size="xs" label={say("from")} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <TextInput type="date" size="xs" label={say("to")} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
        <TextInput size="xs" w={110} inputMode="numeric" label={say("most")} value={most} onChange={(event) => setMost(event.currentTarget.value)} />
        <Button type="submit" size="xs" loading={work.busy} disabled={!/^\d{1,5}$/.test(most) || Number(most) < 1}>
          {say("run")}
        </Button>
      </Group>
      <Box mt="xs">
        <ProblemAlert problem={work.problem} />
      </Box>
    </form>
  );
}

const stateTone = { running: "move", done: "good", failed: "bad" } as const;

function Result({ of }: { of: Backtest }) {
  const say = useWords(policyWords);
  return (
    <Stack gap="md">
      <Group gap="sm">
        <ToneBadge tone={stateTone[of.state] ?? "quiet"}>{say(of.state)}</ToneBadge>
        <Text size="sm">{say("version", { version: of.version })}</Text>
        <Text size="xs" c="dimmed" component="div">
          <Moment at={of.created_at} /> {`· ${say("progress", { done: of.orders_done, total: of.orders_total })}`}
        </Text>
      </Group>
      {of.state === "running" && <Progress value={of.orders_total > 0 ? (of.orders_done * 100) / of.orders_total : 0} aria-label={say("progress", { done: of.orders_done, total: of.orders_total })} />}
      {of.message && (
        <Alert color={of.state === "failed" ? "red" : "yellow"} variant="light" p="xs">
          <Text size="sm" c="var(--mantine-color-text)">
            {of.message}
          </Text>
        </Alert>
      )}
      <Counts of={of} />
      {of.money.map((row) => (
        <Box key={row.currency}>
          <Text size="xs" fw={560} c="dimmed" mb={6}>
            {`${say("money")}, ${row.currency}`}
          </Text>
          <StackedBar
            currency={row.currency}
            parts={[
              { key: "held", label: say("newlyHeld"), amount: row.newly_held, tone: "bad" },
              { key: "freed", label: say("newlyFreed"), amount: row.newly_freed, tone: "good" },
            ]}
          />
        </Box>
      ))}
      {of.sample.length > 0 && <Sample of={of} />}
    </Stack>
  );
}

function Counts({ of }: { of: Backtest }) {
  const say = useWords(policyWords);
  const rows = [
    { label: say("newlyHeld"), count: of.newly_held, tone: "bad" as const },
    { label: say("newlyFreed"), count: of.newly_freed, tone: "good" as const },
    { label: say("same"), count: of.same, tone: 3 as const },
    ...(of.failed > 0 ? [{ label: say("failedCount"), count: of.failed, tone: 4 as const }] : []),
  ];
  const longest = largest(rows.map(({ count }) => String(count)));
  return (
    <dl className={styles["counts"]}>
      {rows.map((row) => (
        <div key={row.label}>
          <dt>{row.label}</dt>
          <dd className={styles["length"]}>
            <Length amount={String(row.count)} longest={longest} tone={row.tone} />
          </dd>
          <dd className={styles["number"]}>{row.count}</dd>
        </div>
      ))}
    </dl>
  );
}

const reasonText = (reason: Reason | string) => (typeof reason === "string" ? reason : reason.detail || reason.code);

function Sample({ of }: { of: Backtest }) {
  const say = useWords(policyWords);
  return (
    <Box>
      <Text size="xs" fw={560} c="dimmed" mb={6}>
        {say("sample")}
      </Text>
      <Wide>
        <Table fz="sm" miw={520} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{say("order")}</Table.Th>
              <Table.Th ta="right">{say("value")}</Table.Th>
              <Table.Th>{say("change")}</Table.Th>
              <Table.Th>{say("why")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {of.sample.map((order) => (
              <Table.Tr key={order.order_id}>
                <Table.Td>
                  <Anchor component={Link} to={`/orders/${order.order_id}`} size="sm" fw={560} c="inherit">
                    {`#${order.number}`}
                  </Anchor>
                </Table.Td>
                <Table.Td ta="right">
                  <Amount of={order.value} />
                </Table.Td>
                <Table.Td style={{ whiteSpace: "nowrap" }}>{`${order.before} → ${order.after}`}</Table.Td>
                <Table.Td>
                  <Text size="sm" lineClamp={2}>
                    {order.reasons.map(reasonText).join("; ")}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
    </Box>
  );
}

function Earlier({ of }: { of: Backtest[] }) {
  const say = useWords(policyWords);
  return (
    <Box>
      <Text size="xs" fw={560} c="dimmed" mb={6}>
        {say("earlier")}
      </Text>
      <Table fz="xs" verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{say("when")}</Table.Th>
            <Table.Th>{say("versions")}</Table.Th>
            <Table.Th ta="right">{say("newlyHeld")}</Table.Th>
            <Table.Th ta="right">{say("newlyFreed")}</Table.Th>
            <Table.Th ta="right">{say("same")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {of.map((each) => (
            <Table.Tr key={each.id}>
              <Table.Td>
                <Moment at={each.created_at} />
              </Table.Td>
              <Table.Td>{each.version}</Table.Td>
              <Table.Td ta="right">{each.newly_held}</Table.Td>
              <Table.Td ta="right">{each.newly_freed}</Table.Td>
              <Table.Td ta="right">{each.same}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Box>
  );
}
