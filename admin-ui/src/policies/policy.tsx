// One policy: its draft, its versions, back-tests, activation.
import { Box, Button, Grid, Group, Modal, Stack, Switch, Table, Text, TextInput } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { Problem } from "../api/types";
import type { Policy, PolicyVersion } from "../api/types_credit";
import { Back } from "../parts/back";
import { useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { fieldErrors, ProblemAlert, tell, tellProblem } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import type { Tone } from "../parts/tracks";
import { Wide } from "../parts/wide";
import { partWords } from "../parts/words";
import { useActorName } from "../people/actor";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { Backtests } from "./backtest";
import { segmentWord } from "./list";
import { fieldsOf } from "./schema";
import { AsJson, SchemaForm } from "./schema_form";
import { policyWords } from "./words";

const tones: Record<PolicyVersion["state"], Tone> = { draft: "wait", scheduled: "move", active: "good", superseded: "quiet" };

export function PolicyPage() {
  const say = useWords(policyWords);
  const { id } = useParams({ strict: false });
  const policy = api.useQuery("get", "/api/v1/credit-policies/{id}", { params: { path: { id: id ?? "" } } });
  return (
    <Box>
      <Back to="/policies">{say("all")}</Back>
      <Loaded of={policy} rows={10}>
        {(data) => <Whole policy={data} />}
      </Loaded>
    </Box>
  );
}

function Whole({ policy }: { policy: Policy }) {
  const say = useWords(policyWords);
  const may = useRight();
  const versions = policy.versions.toSorted((a, b) => b.version - a.version);
  const newest = versions[0];
  const enable = async (enabled: boolean) => {
    try {
      await done(http.PATCH("/api/v1/credit-policies/{id}", { params: { path: { id: policy.id }, header: { "If-Match": versionTag(policy.version) } }, body: { enabled } }));
    } catch (problem) {
      tellProblem(problem);
    }
    await refresh("/api/v1/credit-policies");
  };
  return (
    <Page
      title={policy.name}
      text={say(segmentWord[policy.segment])}
      aside={<Switch label={say("enabled")} disabled={!may("credit:configure")} checked={policy.enabled} onChange={(event) => void enable(event.currentTarget.checked)} />}
    >
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            {newest && <Draft key={`${newest.version} ${policy.version}`} policy={policy} newest={newest} />}
            <Versions policy={policy} versions={versions} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Backtests policy={policy} />
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function Draft({ policy, newest }: { policy: Policy; newest: PolicyVersion }) {
  const say = useWords(policyWords);
  const part = useWords(partWords);
  const may = useRight();
  const [config, setConfig] = useState<unknown>(newest.config);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const work = useWork();
  const disabled = !may("credit:configure");
  const fields = fieldsOf(policy.config_schema);
  const changed = JSON.stringify(config) !== JSON.stringify(newest.config);
  const save = () =>
    work.run(async () => {
      setErrors({});
      try {
        await done(http.PATCH("/api/v1/credit-policies/{id}", { params: { path: { id: policy.id }, header: { "If-Match": versionTag(policy.version) } }, body: { config } }));
        tell(say("saved"));
        await refresh("/api/v1/credit-policies");
      } catch (refused) {
        const problem = refused as Problem;
        setErrors(fieldErrors(problem));
        if (problem.status === 412) await refresh("/api/v1/credit-policies");
        throw refused;
      }
    });
  return (
    <Panel title={say("configuration")} aside={<Text size="xs" c="dimmed">{`${newest.plugin.name} ${newest.plugin.version}`}</Text>}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <Text size="xs" c="dimmed">
            {say(newest.state === "draft" ? "draftOf" : "nextOf", { version: newest.version })}
          </Text>
          {fields.length > 0 ? (
            <SchemaForm fields={fields} value={config} onChange={setConfig} errors={errors} disabled={disabled} />
          ) : (
            <AsJson label={say("configJson")} required={false} disabled={disabled} error={errors["config"] ?? null} value={config} onChange={setConfig} />
          )}
          <ProblemAlert problem={work.problem} />
          {!disabled && (
            <Group justify="flex-end">
              <Button type="submit" size="xs" loading={work.busy} disabled={!changed}>
                {part("save")}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Panel>
  );
}

function Versions({ policy, versions }: { policy: Policy; versions: PolicyVersion[] }) {
  const say = useWords(policyWords);
  const may = useRight();
  const who = useActorName();
  const [activating, setActivating] = useState<PolicyVersion | null>(null);
  return (
    <Panel title={say("versions")} flush>
      <Wide>
        <Table fz="sm">
          <Table.Tbody>
            {versions.map((version) => (
              <Table.Tr key={version.version}>
                <Table.Td>
                  <Group gap={8}>
                    <Text size="sm" fw={560}>
                      {say("version", { version: version.version })}
                    </Text>
                    <ToneBadge tone={tones[version.state] ?? "quiet"}>{say(version.state)}</ToneBadge>
                  </Group>
                  <Text size="xs" c="dimmed" component="div">
                    {version.active_from ? (
                      <>
                        {`${say("activeFrom")} `}
                        <Moment at={version.active_from} /> {version.activated_by && say("by", { who: who(version.activated_by) })}
                      </>
                    ) : (
                      <>
                        {`${say("madeBy")} `}
                        <Moment at={version.created_at} /> {say("by", { who: who(version.created_by) })}
                      </>
                    )}
                  </Text>
                </Table.Td>
                <Table.Td ta="right">
                  {version.state === "draft" && may("credit:configure") && (
                    <Button size="compact-xs" variant="default" onClick={() => setActivating(version)}>
                      {say("activate")}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      {activating && <Activate policy={policy} version={activating.version} onClose={() => setActivating(null)} />}
    </Panel>
  );
}

function Activate({ policy, version, onClose }: { policy: Policy; version: number; onClose: () => void }) {
  const say = useWords(policyWords);
  const part = useWords(partWords);
  const [at, setAt] = useState("");
  const work = useWork();
  const activate = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/credit-policies/{id}/activate", { params: { path: { id: policy.id } }, body: { version, ...(at && { at: new Date(at).toISOString() }) } }));
      await refresh("/api/v1/credit-policies");
      tell(say("activated", { version }));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("activateTitle", { version })} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void activate();
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{say("activateText")}</Text>
          <TextInput type="datetime-local" label={say("at")} description={say("atHint")} data-autofocus value={at} onChange={(event) => setAt(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy}>
              {say("activate")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
