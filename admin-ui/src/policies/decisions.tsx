// What was decided, newest first; each decision whole, and decided again on request.
import { Alert, Anchor, Button, Drawer, Group, Paper, Select, Stack, Table, Text } from "@mantine/core";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http } from "../api/client";
import type { DecisionRow, Replayed } from "../api/types_credit";
import { CodeView } from "../parts/code_view";
import { MoreButton, useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Empty, Loaded } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import type { Tone } from "../parts/tracks";
import { Wide } from "../parts/wide";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { outcomes, parsePolicyPlace, type PolicyPlace } from "./place";
import { policyWords } from "./words";

const tones: Record<DecisionRow["outcome"], Tone> = { approve: "good", hold: "bad", deposit: "wait", failed: "bad" };

export function Decisions({ place, onChange }: { place: PolicyPlace; onChange: (place: PolicyPlace) => void }) {
  const say = useWords(policyWords);
  const part = useWords(partWords);
  const [looking, setLooking] = useState<DecisionRow | null>(null);
  const { view: _, ...query } = place;
  const decisions = api.useInfiniteQuery("get", "/api/v1/decisions", { params: { query: { ...query, limit: 50 } } }, { ...paging, placeholderData: keepPreviousData });
  return (
    <>
      <Select
        size="xs"
        w={180}
        mb="sm"
        clearable
        aria-label={say("outcome")}
        placeholder={say("anyOutcome")}
        data={outcomes.map((value) => ({ value, label: say(value) }))}
        value={place.outcome ?? null}
        onChange={(outcome) => onChange(parsePolicyPlace({ ...place, outcome }))}
      />
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={decisions} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("noDecisions")} text={say("noDecisionsText")} />}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={860} highlightOnHover highlightOnHoverColor="var(--hover)">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("when")}</Table.Th>
                    <Table.Th>{say("order")}</Table.Th>
                    <Table.Th>{say("policies")}</Table.Th>
                    <Table.Th>{say("outcome")}</Table.Th>
                    <Table.Th>{say("why")}</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((decision) => (
                    <Table.Tr key={decision.id}>
                      <Table.Td>
                        <Moment at={decision.at} />
                        <Text size="xs" c="dimmed">
                          {say(decision.cause)}
                        </Text>
                      </Table.Td>
                      <Table.Td>
                        <Anchor component={Link} to={`/orders/${decision.order.id}`} size="sm" fw={560} c="inherit">
                          {`#${decision.order.number}`}
                        </Anchor>
                      </Table.Td>
                      <Table.Td>
                        {decision.policy?.name ?? say("ownRule")}
                        {decision.policy && (
                          <Text size="xs" c="dimmed">
                            {`${say("version", { version: decision.policy.version })} · ${decision.plugin.name} ${decision.plugin.version}`}
                          </Text>
                        )}
                      </Table.Td>
                      <Table.Td>
                        <ToneBadge tone={tones[decision.outcome] ?? "quiet"}>{say(decision.outcome)}</ToneBadge>
                      </Table.Td>
                      <Table.Td maw={320}>
                        <Text size="sm" lineClamp={2}>
                          {decision.message ?? decision.code ?? ""}
                        </Text>
                      </Table.Td>
                      <Table.Td ta="right">
                        <Button size="compact-xs" variant="default" aria-label={say("lookName", { number: String(decision.order.number) })} onClick={() => setLooking(decision)}>
                          {say("look")}
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={decisions} />
      </Paper>
      <Drawer
        opened={looking !== null}
        onClose={() => setLooking(null)}
        position="right"
        size="lg"
        title={looking && say("lookName", { number: String(looking.order.number) })}
        closeButtonProps={{ "aria-label": part("close") }}
      >
        {looking && <Whole key={looking.id} row={looking} />}
      </Drawer>
    </>
  );
}

function Whole({ row }: { row: DecisionRow }) {
  const say = useWords(policyWords);
  const decision = api.useQuery("get", "/api/v1/decisions/{id}", { params: { path: { id: row.id } } });
  const [again, setAgain] = useState<Replayed | null>(null);
  const work = useWork();
  const replay = () => work.run(async () => setAgain(await done(http.POST("/api/v1/decisions/{id}/replay", { params: { path: { id: row.id } } }))));
  return (
    <Loaded of={decision} rows={8}>
      {(data) => (
        <Stack gap="sm">
          <Group justify="space-between">
            <ToneBadge tone={tones[data.outcome] ?? "quiet"}>{say(data.outcome)}</ToneBadge>
            <Button size="xs" variant="default" loading={work.busy} onClick={() => void replay()}>
              {say("replay")}
            </Button>
          </Group>
          {data.message && <Text size="sm">{data.message}</Text>}
          {again && (
            <Alert color={again.identical ? "green" : "red"} variant="light" p="xs">
              <Text size="sm" c="var(--mantine-color-text)">
                {say(again.identical ? "identical" : "differs")}
              </Text>
            </Alert>
          )}
          <ProblemAlert problem={work.problem} />
          {(["input", "config", "output"] as const).map((name) => (
            <Stack key={name} gap={6}>
              <Text size="xs" fw={560} c="dimmed">
                {say(name)}
              </Text>
              <CodeView text={JSON.stringify(name === "output" && again && !again.identical ? again.output : data[name])} label={say(name)} height={260} />
            </Stack>
          ))}
        </Stack>
      )}
    </Loaded>
  );
}
