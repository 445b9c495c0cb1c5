// Everything that waits for a decision: mine first, with its owner and how long it has waited.
import { Anchor, Button, Group, Paper, SegmentedControl, Select, Stack, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { keepPreviousData } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Approval } from "../api/types_sales";
import { Amount } from "../parts/amount";
import { MoreButton, useWork } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { formatDay, Moment } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { ToneBadge, TrackBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { useRoleName } from "../people/role_name";
import { holdReasonText } from "../holds/reasons";
import { reasonWord } from "../quotes/states";
import { quoteWords } from "../quotes/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { Decide } from "./decide";
import { parseApprovalFilters } from "./filters";
import { approvalWords } from "./words";

export function ApprovalsPage() {
  const say = useWords(approvalWords);
  const may = useRight();
  const navigate = useNavigate();
  const filters = parseApprovalFilters(useSearch({ strict: false }));
  const waiting = api.useInfiniteQuery("get", "/api/v1/approvals", { params: { query: { ...filters, limit: 50 } } }, { ...paging, placeholderData: keepPreviousData });
  const go = (change: Record<string, unknown>) => void navigate({ to: "/approvals", search: parseApprovalFilters({ ...filters, ...change }) });
  return (
    <Page title={say("title")} text={say("text")}>
      <Group gap="xs" mb="sm">
        <SegmentedControl
          size="xs"
          value={filters.owner ?? "me"}
          onChange={(owner) => go({ owner })}
          data={[
            { value: "me", label: say("me") },
            { value: "none", label: say("nobody") },
            { value: "all", label: say("all") },
          ]}
        />
        <Select
          aria-label={say("kind")}
          size="xs"
          w={150}
          clearable
          placeholder={say("anyKind")}
          data={(["price", "hold"] as const).map((value) => ({ value, label: say(value) }))}
          value={filters.kind ?? null}
          onChange={(kind) => go({ kind })}
        />
      </Group>
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={waiting} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say(filters.owner ? "noneAll" : "none")} />}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={900}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("what")}</Table.Th>
                    <Table.Th>{say("why")}</Table.Th>
                    <Table.Th ta="right">{say("asked")}</Table.Th>
                    <Table.Th ta="right">{say("value")}</Table.Th>
                    <Table.Th>{say("owner")}</Table.Th>
                    <Table.Th>{say("age")}</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((each) => (
                    <Row key={each.id} of={each} />
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={waiting} />
      </Paper>
      {may("prices:approve") && <Away />}
    </Page>
  );
}

function Row({ of }: { of: Approval }) {
  const say = useWords(approvalWords);
  const quote = useWords(quoteWords);
  const roleName = useRoleName();
  const { i18n } = useLingui();
  const [deciding, decide] = useDisclosure(false);
  const { price, hold } = of;
  return (
    <Table.Tr data-approval={of.id}>
      <Table.Td maw={280}>
        {price && (
          <>
            <Anchor component={Link} to={price.quote_id ? `/quotes/${price.quote_id}` : `/orders/${price.order_id}`} size="sm" fw={560} c="inherit">
              {say(price.quote_id ? "ofQuote" : "ofOrder", { number: String(price.number) })}
            </Anchor>
            <Text size="xs" c="dimmed">
              {`${formatNumber(price.quantity, i18n.locale)} × ${price.sku} · ${price.company.name}`}
            </Text>
          </>
        )}
        {hold && (
          <>
            <Anchor component={Link} to={`/orders/${hold.order.id}`} size="sm" fw={560} c="inherit">
              {say("ofOrder", { number: String(hold.order.number) })}
            </Anchor>
            <Text size="xs" c="dimmed">
              {hold.company?.name ?? hold.order.buyer}
            </Text>
          </>
        )}
      </Table.Td>
      <Table.Td maw={300}>
        {price && (
          <>
            <Group gap={4}>
              {price.why.map((reason) => (
                <ToneBadge key={reason} tone="wait">
                  {quote(reasonWord[reason])}
                </ToneBadge>
              ))}
            </Group>
            <Text size="xs" c="dimmed" lineClamp={2}>
              {price.reason}
            </Text>
          </>
        )}
        {hold && (
          <>
            <TrackBadge track="hold" state={hold.type} />
            <Text size="xs" c="dimmed" lineClamp={2}>
              {holdReasonText(hold)}
            </Text>
          </>
        )}
      </Table.Td>
      <Table.Td ta="right">
        {price && (
          <>
            <Amount of={price.asked_price} strong />
            {price.discount_percent && (
              <Text size="xs" c="dimmed">
                {quote("discount", { percent: formatNumber(price.discount_percent, i18n.locale) })}
              </Text>
            )}
          </>
        )}
      </Table.Td>
      <Table.Td ta="right">
        <Amount of={price?.value ?? hold?.value} />
      </Table.Td>
      <Table.Td>
        {of.owner?.name ?? "–"}
        {price && price.steps > 1 && (
          <Text size="xs" c="dimmed">
            {[say("steps", { done: price.steps_done, steps: price.steps }), price.next_role && say("next", { role: roleName(price.next_role) })].filter(Boolean).join(" · ")}
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Moment at={of.since} age />
      </Table.Td>
      <Table.Td ta="right">
        {price && of.may_decide && (
          <Button size="compact-sm" onClick={decide.open}>
            {say("decide")}
          </Button>
        )}
        {hold && (
          <Button component={Link} to={`/orders/${hold.order.id}`} size="compact-sm" variant="default">
            {say("look")}
          </Button>
        )}
      </Table.Td>
      {deciding && price && <Decide request={price} onClose={decide.close} />}
    </Table.Tr>
  );
}

/** Who decides in one's place. */
function Away() {
  const say = useWords(approvalWords);
  const { i18n } = useLingui();
  const people = api.useQuery("get", "/api/v1/people", { params: { query: { limit: 200 } } });
  const now = api.useQuery("get", "/api/v1/approval-delegation");
  const [person, setPerson] = useState<string | null>(null);
  const [until, setUntil] = useState("");
  const work = useWork();
  const set = (body: { person_id: string | null; until?: string }) =>
    work.run(async () => {
      await done(http.PUT("/api/v1/approval-delegation", { body }));
      await refresh("/api/v1/approval-delegation", "/api/v1/approvals");
      tell(say("saved"));
    });
  return (
    <Stack mt="md">
      <Panel title={say("away")}>
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {say("awayText")}
          </Text>
          {now.data?.delegate && now.data.until ? (
            <Group justify="space-between">
              <Text size="sm">{say("standsIn", { name: now.data.delegate.name, day: formatDay(now.data.until, i18n.locale) })}</Text>
              <Button size="xs" variant="default" loading={work.busy} onClick={() => void set({ person_id: null })}>
                {say("end")}
              </Button>
            </Group>
          ) : (
            <Group align="flex-end" gap="xs">
              <Select label={say("delegate")} searchable data={(people.data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }))} value={person} onChange={setPerson} />
              <TextInput type="date" label={say("until")} value={until} onChange={(event) => setUntil(event.currentTarget.value)} />
              <Button variant="default" loading={work.busy} disabled={!person || !until} onClick={() => void set({ person_id: person, until })}>
                {say("assign")}
              </Button>
            </Group>
          )}
          <ProblemAlert problem={work.problem} />
        </Stack>
      </Panel>
    </Stack>
  );
}
