// One import: its columns, what it would do, its progress, its errors, and the way back.
import { Box, Button, FileButton, Grid, Group, Progress, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useLingui } from "@lingui/react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { DryRun, Import } from "../api/types_admin";
import { Back } from "../parts/back";
import { Sure, useWork } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { DryRunView } from "./dry_run";
import { Remarks } from "./remarks";
import { asMapping, type Mapping } from "./mapping";
import { MappingForm } from "./mapping_form";
import { ImportState } from "./state";
import { fileOf, upload } from "./upload";
import { importWords } from "./words";

const pollMs = 1_000;
const moving = (state: Import["state"] | undefined) => state === "running" || state === "undoing";

export function ImportPage() {
  const say = useWords(importWords);
  const { id } = useParams({ strict: false });
  const found = api.useQuery(
    "get",
    "/api/v1/imports/{id}",
    { params: { path: { id: id ?? "" } } },
    { refetchInterval: (query) => (moving(query.state.data?.state) ? pollMs : false) },
  );
  return (
    <Box>
      <Back to="/imports">{say("all")}</Back>
      <Loaded of={found} rows={8}>
        {(data) => <Whole key={data.id} of={data} />}
      </Loaded>
    </Box>
  );
}

function Whole({ of }: { of: Import }) {
  const say = useWords(importWords);
  const may = useRight();
  const [dry, setDry] = useState<DryRun | null>(null);
  const work = useWork();
  const path = { id: of.id };
  const check = () =>
    work.run(async () => {
      setDry(await done(http.POST("/api/v1/imports/{id}/dry-run", { params: { path } })));
    });
  const start = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/imports/{id}/start", { params: { path } }));
      setDry(null);
      await refresh("/api/v1/imports");
    });
  const stop = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/imports/{id}/cancel", { params: { path } }));
      await refresh("/api/v1/imports");
    });
  const runs = may("imports:run");
  const affected = dry ? dry.orders_new + dry.orders_changed : 0;
  return (
    <Page title={of.file_name} aside={<ImportState state={of.state} />}>
      <Stack gap="md">
        {of.message && (
          <Text size="sm" c={of.state === "failed" ? "var(--mantine-color-error)" : undefined}>
            {of.message}
          </Text>
        )}
        <Counts of={of} />
        {runs && of.state === "uploaded" && (
          <Group gap="xs">
            <Button variant={dry ? "default" : "filled"} loading={work.busy} onClick={() => void check()}>
              {say("dryRun")}
            </Button>
            {dry && (
              <Button loading={work.busy} disabled={affected === 0} onClick={() => void start()}>
                {say("run", { count: affected })}
              </Button>
            )}
          </Group>
        )}
        {runs && of.state === "running" && (
          <Group>
            <Button variant="default" loading={work.busy} onClick={() => void stop()}>
              {say("stop")}
            </Button>
          </Group>
        )}
        {(of.state === "done" || of.state === "failed" || of.state === "cancelled") && (
          <Group gap="xs">
            {runs && of.orders_done > 0 && (
              <Sure
                title={say("undoTitle")}
                text={say("undoText")}
                action={say("undo")}
                onSure={async () => {
                  await done(http.POST("/api/v1/imports/{id}/undo", { params: { path } }));
                  await refresh("/api/v1/imports", "/api/v1/orders");
                }}
              >
                {(ask) => (
                  <Button variant="default" onClick={ask}>
                    {say("undo")}
                  </Button>
                )}
              </Sure>
            )}
            <Button component={Link} to="/orders" variant="default">
              {say("showOrders")}
            </Button>
          </Group>
        )}
        <ProblemAlert problem={work.problem} />
        {dry && <DryRunView dry={dry} />}
        <Columns of={of} changeable={runs && of.state === "uploaded"} />
      </Stack>
    </Page>
  );
}

function Counts({ of }: { of: Import }) {
  const say = useWords(importWords);
  const { i18n } = useLingui();
  const number = (value: number) => formatNumber(value, i18n.locale);
  const share = of.rows_total ? Math.min(100, (of.rows_done / of.rows_total) * 100) : of.state === "done" ? 100 : 0;
  const figures: [string, string][] = [
    [say("rows"), of.rows_total === null ? number(of.rows_done) : `${number(of.rows_done)} / ${number(of.rows_total)}`],
    [say("orders"), number(of.orders_done)],
    [say("newOrders"), number(of.orders_new)],
    [say("changedOrders"), number(of.orders_changed)],
    [say("rowErrors"), number(of.rows_failed)],
  ];
  return (
    <Panel>
      {of.state !== "uploaded" && <Progress value={share} animated={moving(of.state)} mb="md" aria-label={say("progress")} />}
      <Grid>
        {figures.map(([label, value]) => (
          <Grid.Col key={label} span={{ base: 6, xs: 4, md: "auto" }}>
            <Text size="xs" c="dimmed">
              {label}
            </Text>
            <Text size="lg" fw={600} style={{ fontVariantNumeric: "tabular-nums" }}>
              {value}
            </Text>
          </Grid.Col>
        ))}
        <Grid.Col span={{ base: 6, xs: 4, md: "auto" }}>
          <Text size="xs" c="dimmed">
            {say(of.finished_at ? "finished" : "created")}
          </Text>
          <Text size="sm" mt={4} component="div">
            <Moment at={of.finished_at ?? of.created_at} />
          </Text>
        </Grid.Col>
      </Grid>
      <Remarks of={of.remarks} />
      {of.rows_failed > 0 && (
        <Button component="a" href={`/api/v1/imports/${of.id}/errors`} download size="xs" variant="default" mt="sm" leftSection={<IconDownload size={14} />}>
          {say("errorsFile")}
        </Button>
      )}
    </Panel>
  );
}

function Columns({ of, changeable }: { of: Import; changeable: boolean }) {
  const say = useWords(importWords);
  const navigate = useNavigate();
  const [changing, setChanging] = useState(false);
  const [wanted, setWanted] = useState<Mapping | null>(null);
  const work = useWork();
  const mapping = asMapping(of.mapping);
  const again = (next: Mapping, file: File, account: string) =>
    work.run(async () => {
      const made = await upload(file, account, next);
      await navigate({ to: "/imports/$id", params: { id: made.id } });
    });
  const use = (next: Mapping) => {
    const known = fileOf(of.id);
    if (known) void again(next, known.file, known.account);
    else setWanted(next);
  };
  return (
    <Panel
      title={say("mapping")}
      aside={
        changeable && !changing ? (
          <Button size="compact-xs" variant="default" onClick={() => setChanging(true)}>
            {say("changeMapping")}
          </Button>
        ) : null
      }
    >
      {changing ? (
        <Stack gap="sm">
          <MappingForm columns={of.columns} mapping={mapping} busy={work.busy} onUse={use} />
          {wanted && (
            <Group gap="sm">
              <Text size="sm">{say("fileAgain")}</Text>
              <FileButton onChange={(file) => file && void again(wanted, file, of.channel_account_id)} accept=".csv,.xlsx">
                {(props) => (
                  <Button {...props} size="xs" variant="default">
                    {say("otherFile")}
                  </Button>
                )}
              </FileButton>
            </Group>
          )}
          <ProblemAlert problem={work.problem} />
        </Stack>
      ) : (
        <Group gap="lg">
          {Object.entries(mapping.columns).map(([field, column]) => (
            <Box key={field}>
              <Text size="xs" c="dimmed">
                {field}
              </Text>
              <Text size="sm">{column}</Text>
            </Box>
          ))}
        </Group>
      )}
    </Panel>
  );
}
