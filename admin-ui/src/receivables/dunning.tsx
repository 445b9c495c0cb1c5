// Letters to late companies: a run is proposed, looked at, then sent or dropped; and the levels with their words.
import { Button, Group, NumberInput, Paper, Stack, Table, Text, Textarea, TextInput, UnstyledButton } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { DunningDetail, DunningLevel, DunningRun } from "../api/types_receivables";
import { Amount } from "../parts/amount";
import { Sure, useWork } from "../parts/controls";
import { Day } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import type { Tone } from "../parts/tracks";
import { Wide } from "../parts/wide";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { parseReceivablePlace } from "./filters";
import { ReceivableTabs } from "./tabs";
import { receivableWords } from "./words";

export function DunningPage() {
  const say = useWords(receivableWords);
  const may = useRight();
  const navigate = useNavigate();
  const place = parseReceivablePlace(useSearch({ strict: false }));
  const runs = api.useQuery("get", "/api/v1/receivables/dunning-runs");
  const levels = api.useQuery("get", "/api/v1/receivables/dunning-levels");
  const work = useWork();
  const open = (run: string | undefined) => void navigate({ to: "/receivables/dunning", search: parseReceivablePlace({ run }) });
  const propose = may("receivables:manage") && (
    <Button
      loading={work.busy}
      disabled={levels.data?.levels.length === 0}
      onClick={() =>
        void work.run(async () => {
          const run = await done(http.POST("/api/v1/receivables/dunning-runs"));
          await refresh("/api/v1/receivables");
          open(run.id);
        })
      }
    >
      {say("propose")}
    </Button>
  );
  return (
    <Page title={say("title")} text={say("dunningText")} aside={propose} width={1000}>
      <ReceivableTabs />
      <Stack gap="md">
        <ProblemAlert problem={work.problem} />
        {levels.data?.levels.length === 0 && (
          <Text size="sm" c="dimmed">
            {say("noLevels")}
          </Text>
        )}
        <Loaded of={runs} isEmpty={({ data }) => data.length === 0} empty={<Paper><Empty title={say("noRuns")} text={say("noRunsText")} /></Paper>}>
          {({ data }) => (
            <Stack gap="md">
              {data.map((run) => (
                <Run key={run.id} run={run} isOpen={place.run === run.id} onOpen={() => open(place.run === run.id ? undefined : run.id)} />
              ))}
            </Stack>
          )}
        </Loaded>
        <Loaded of={levels}>{({ levels: known }) => <Levels key={JSON.stringify(known)} known={known} />}</Loaded>
      </Stack>
    </Page>
  );
}

const tone = { proposed: "wait", sent: "good", dropped: "quiet" } as const satisfies Record<DunningRun["state"], Tone>;

function Run({ run, isOpen, onOpen }: { run: DunningRun; isOpen: boolean; onOpen: () => void }) {
  const say = useWords(receivableWords);
  return (
    <Paper data-run={run.state}>
      <UnstyledButton w="100%" p="md" aria-expanded={isOpen} onClick={onOpen}>
        <Group justify="space-between">
          <Group gap="sm">
            <Text fw={600}>
              <Day of={run.as_of} />
            </Text>
            <ToneBadge tone={tone[run.state]}>{say(run.state)}</ToneBadge>
          </Group>
          <Text size="sm" c="dimmed">
            {say("letters", { count: run.letters })}
          </Text>
        </Group>
      </UnstyledButton>
      {isOpen && <Letters id={run.id} />}
    </Paper>
  );
}

function Letters({ id }: { id: string }) {
  const say = useWords(receivableWords);
  const may = useRight();
  const run = api.useQuery("get", "/api/v1/receivables/dunning-runs/{id}", { params: { path: { id } } });
  const end = async (what: "send" | "drop") => {
    if (what === "send") await done(http.POST("/api/v1/receivables/dunning-runs/{id}/send", { params: { path: { id } }, body: {} }));
    else await done(http.POST("/api/v1/receivables/dunning-runs/{id}/drop", { params: { path: { id } } }));
    await refresh("/api/v1/receivables");
  };
  return (
    <Loaded of={run} rows={3}>
      {(data: DunningDetail) => (
        <>
          <Wide>
            <Table fz="sm" miw={720}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("company")}</Table.Th>
                  <Table.Th>{say("to_mail")}</Table.Th>
                  <Table.Th>{say("overdue")}</Table.Th>
                  <Table.Th>{say("state")}</Table.Th>
                  <Table.Th ta="right">{say("amount")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {data.letters_list.map((letter) => (
                  <Table.Tr key={letter.id}>
                    <Table.Td>
                      {letter.company}
                      <Text size="xs" c="dimmed">
                        {say("level", { level: letter.level })}
                      </Text>
                    </Table.Td>
                    <Table.Td>{letter.email ?? "–"}</Table.Td>
                    <Table.Td>{say("days", { count: letter.oldest_days })}</Table.Td>
                    <Table.Td>
                      {say(letter.state)}
                      {letter.problem && (
                        <Text size="xs" c="red">
                          {letter.problem}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td ta="right">
                      <Amount of={letter.amount} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
          {data.state === "proposed" && may("receivables:manage") && (
            <Group justify="flex-end" p="md" gap="xs">
              <Button variant="default" onClick={() => void end("drop")}>
                {say("drop")}
              </Button>
              <Sure title={say("sendTitle", { count: data.letters_list.length })} text={say("sendText")} action={say("send")} onSure={() => end("send")}>
                {(ask) => <Button onClick={ask}>{say("send")}</Button>}
              </Sure>
            </Group>
          )}
        </>
      )}
    </Loaded>
  );
}

const empty: DunningLevel = { days: 1, subject_en: "", text_en: "", subject_vi: "", text_vi: "" };

function Levels({ known }: { known: DunningLevel[] }) {
  const say = useWords(receivableWords);
  const may = useRight();
  const [levels, setLevels] = useState(known);
  const work = useWork();
  const change = (index: number, part: Partial<DunningLevel>) => setLevels(levels.map((level, at) => (at === index ? { ...level, ...part } : level)));
  const changes = may("finance:close");
  return (
    <Panel title={say("levels")}>
      <Stack gap="lg">
        {levels.map((level, index) => (
          <Stack key={index} gap="xs">
            <Group justify="space-between" align="flex-end">
              <NumberInput size="xs" w={190} label={say("levelDays")} min={1} max={730} allowDecimal={false} disabled={!changes} value={level.days} onChange={(days) => change(index, { days: Number(days) || 1 })} />
              {changes && (
                <Button size="compact-xs" variant="default" onClick={() => setLevels(levels.filter((_, at) => at !== index))}>
                  {say("remove")}
                </Button>
              )}
            </Group>
            <Group grow align="flex-start">
              <Stack gap="xs">
                <TextInput size="xs" label={say("subjectEn")} disabled={!changes} value={level.subject_en} onChange={(event) => change(index, { subject_en: event.currentTarget.value })} />
                <Textarea size="xs" autosize minRows={3} label={say("textEn")} disabled={!changes} value={level.text_en} onChange={(event) => change(index, { text_en: event.currentTarget.value })} />
              </Stack>
              <Stack gap="xs">
                <TextInput size="xs" label={say("subjectVi")} disabled={!changes} value={level.subject_vi} onChange={(event) => change(index, { subject_vi: event.currentTarget.value })} />
                <Textarea size="xs" autosize minRows={3} label={say("textVi")} disabled={!changes} value={level.text_vi} onChange={(event) => change(index, { text_vi: event.currentTarget.value })} />
              </Stack>
            </Group>
          </Stack>
        ))}
        <ProblemAlert problem={work.problem} />
        {changes && (
          <Group gap="xs">
            <Button variant="default" disabled={levels.length >= 5} onClick={() => setLevels([...levels, { ...empty, days: (levels.at(-1)?.days ?? 0) + 1 }])}>
              {say("addLevel")}
            </Button>
            <Button
              loading={work.busy}
              onClick={() =>
                void work.run(async () => {
                  await done(http.PUT("/api/v1/receivables/dunning-levels", { body: { levels } }));
                  await refresh("/api/v1/receivables");
                  tell(say("saved"));
                })
              }
            >
              {say("save")}
            </Button>
          </Group>
        )}
      </Stack>
    </Panel>
  );
}
