// One installed plugin: grants, configuration, what it was called for.
import { Alert, Box, Button, Grid, Stack, Table, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useLingui } from "@lingui/react";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Problem } from "../api/types";
import type { Installation } from "../api/types_admin";
import { Back } from "../parts/back";
import { Copyable, MoreButton, Sure, useWork } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { fieldErrors, ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { bytesText, durationText, kindWord, pluginName } from "./describe";
import { GrantList } from "./grants";
import { InstallationState } from "./state";
import { pluginWords } from "./words";
import { Wide } from "../parts/wide";

export function InstallationPage() {
  const say = useWords(pluginWords);
  const { id } = useParams({ strict: false });
  const found = api.useQuery("get", "/api/v1/installations/{id}", { params: { path: { id: id ?? "" } } });
  return (
    <Box>
      <Back to="/plugins">{say("all")}</Back>
      <Loaded of={found} rows={8}>
        {(data) => <Whole of={data} />}
      </Loaded>
    </Box>
  );
}

function Whole({ of }: { of: Installation }) {
  const say = useWords(pluginWords);
  const word = kindWord(of.plugin.kind);
  return (
    <Page title={pluginName(of.plugin)} text={[word ? say(word) : of.plugin.kind, of.plugin.version].join(" · ")} aside={<Switch of={of} />}>
      {of.suspended_reason && (
        <Alert color="yellow" variant="light" mb="md">
          <Text size="sm" c="var(--mantine-color-text)">
            {of.suspended_reason}
          </Text>
        </Alert>
      )}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            <GrantsPanel key={JSON.stringify(of.grants)} of={of} />
            <ConfigPanel key={of.config_version} of={of} />
            <Panel title={say("digest")}>
              <Copyable text={of.plugin.digest} />
            </Panel>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Runs id={of.id} />
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function Switch({ of }: { of: Installation }) {
  const say = useWords(pluginWords);
  const may = useRight();
  const work = useWork();
  const path = { id: of.id };
  const stopped = of.state === "suspended" || of.breaker === "open";
  const resume = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/installations/{id}/resume", { params: { path } }));
      await refresh("/api/v1/installations");
    });
  return (
    <>
      <InstallationState of={of} />
      <ProblemAlert problem={work.problem} />
      {may("plugins:suspend") &&
        (stopped ? (
          <Button loading={work.busy} onClick={() => void resume()}>
            {say("resume")}
          </Button>
        ) : (
          <Sure
            title={say("suspendTitle", { name: pluginName(of.plugin) })}
            text={say("suspendText")}
            action={say("suspend")}
            onSure={async () => {
              await done(http.POST("/api/v1/installations/{id}/suspend", { params: { path } }));
              await refresh("/api/v1/installations");
            }}
          >
            {(ask) => (
              <Button variant="default" onClick={ask}>
                {say("suspend")}
              </Button>
            )}
          </Sure>
        ))}
    </>
  );
}

function GrantsPanel({ of }: { of: Installation }) {
  const say = useWords(pluginWords);
  const may = useRight();
  const [grants, setGrants] = useState(of.grants);
  const work = useWork();
  const changed = JSON.stringify(grants) !== JSON.stringify(of.grants);
  const save = () =>
    work.run(async () => {
      await done(http.PUT("/api/v1/installations/{id}/grants", { params: { path: { id: of.id } }, body: grants }));
      await refresh("/api/v1/installations");
      tell(say("saved"));
    });
  return (
    <Panel title={say("grants")}>
      <GrantList declares={of.plugin.declares} grants={grants} {...(may("plugins:grant") && { onChange: setGrants })} />
      <ProblemAlert problem={work.problem} />
      {changed && (
        <Button size="xs" mt="sm" loading={work.busy} onClick={() => void save()}>
          {say("saveGrants")}
        </Button>
      )}
    </Panel>
  );
}

function ConfigPanel({ of }: { of: Installation }) {
  const say = useWords(pluginWords);
  const part = useWords(partWords);
  const may = useRight();
  const isConnector = kindWord(of.plugin.kind) === "connector";
  const keys = of.plugin.declares.config;
  const form = useForm<Record<string, string>>({ initialValues: Object.fromEntries(keys.map(({ name }) => [name, of.config[name] ?? ""])) });
  const work = useWork();
  const save = form.onSubmit((values) =>
    work.run(async () => {
      try {
        const body = { ...of.config, ...Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "")) };
        await done(http.PUT("/api/v1/installations/{id}/config", { params: { path: { id: of.id } }, body }));
        await refresh("/api/v1/installations");
        tell(say("saved"));
      } catch (problem) {
        form.setErrors(fieldErrors(problem as Problem));
        throw problem;
      }
    }),
  );
  return (
    <Panel title={say("configuration")} aside={<Text size="xs" c="dimmed">{say("configVersion", { version: of.config_version })}</Text>}>
      {isConnector || keys.length === 0 ? (
        <Text size="sm" c="dimmed">
          {say(isConnector ? "perAccount" : "noConfig")}
        </Text>
      ) : (
        <form onSubmit={save}>
          <Stack gap="sm">
            {keys.map(({ name, title, required }) => (
              <TextInput key={name} label={title || name} required={required} disabled={!may("plugins:configure")} {...form.getInputProps(name)} />
            ))}
            <ProblemAlert problem={work.problem} />
            {may("plugins:configure") && (
              <Button type="submit" size="xs" loading={work.busy} disabled={!form.isDirty()}>
                {part("save")}
              </Button>
            )}
          </Stack>
        </form>
      )}
    </Panel>
  );
}

function Runs({ id }: { id: string }) {
  const say = useWords(pluginWords);
  const { i18n } = useLingui();
  const runs = api.useInfiniteQuery("get", "/api/v1/installations/{id}/runs", { params: { path: { id }, query: { limit: 50 } } }, { ...paging, refetchInterval: 10_000 });
  return (
    <Panel title={say("runs")} flush>
      <Loaded of={runs} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("noRuns")} />}>
        {(data) => (
          <Wide>
            <Table fz="sm" miw={560}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("at")}</Table.Th>
                  <Table.Th>{say("call")}</Table.Th>
                  <Table.Th>{say("outcome")}</Table.Th>
                  <Table.Th ta="right">{say("fuel")}</Table.Th>
                  <Table.Th ta="right">{say("memory")}</Table.Th>
                  <Table.Th ta="right">{say("time")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {flat(data).map((run) => (
                  <Table.Tr key={run.id}>
                    <Table.Td>
                      <Moment at={run.at} />
                    </Table.Td>
                    <Table.Td>{run.function}</Table.Td>
                    <Table.Td maw={240}>
                      <ToneBadge tone={run.outcome === "ok" ? "good" : "bad"}>{run.outcome}</ToneBadge>
                      {run.message && (
                        <Text size="xs" c="dimmed" lineClamp={2}>
                          {run.message}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td ta="right">{formatNumber(run.fuel, i18n.locale)}</Table.Td>
                    <Table.Td ta="right">{bytesText(run.peak_memory_bytes, i18n.locale)}</Table.Td>
                    <Table.Td ta="right">{durationText(run.micros, i18n.locale)}</Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
      <MoreButton of={runs} />
    </Panel>
  );
}
