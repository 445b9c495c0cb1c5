// Credit policies and what they decided.
import { Anchor, Button, Modal, Group, Paper, SegmentedControl, Select, Stack, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Policy, PolicySegment } from "../api/types_credit";
import { MoreButton, useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Empty, Loaded, Page } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { partWords } from "../parts/words";
import { kindWord, pluginName } from "../plugins/describe";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { Decisions } from "./decisions";
import { type PolicyPlace, parsePolicyPlace } from "./place";
import { AsJson } from "./schema_form";
import { policyWords } from "./words";

export const segmentWord = { b2b: "b2b", b2c: "b2c", all: "allOrders" } as const satisfies Record<PolicySegment, string>;

export function PolicyListPage() {
  const say = useWords(policyWords);
  const may = useRight();
  const navigate = useNavigate();
  const place = parsePolicyPlace(useSearch({ strict: false }));
  const setPlace = (next: PolicyPlace) => void navigate({ to: "/policies", search: next });
  const [adding, add] = useDisclosure(false);
  // Whoever does not write policies sees what they decided.
  const configures = may("credit:configure");
  const view = place.view ?? (configures ? "policies" : "decisions");
  return (
    <Page
      title={say("title")}
      text={say("text")}
      aside={
        configures &&
        view === "policies" && (
          <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
            {say("add")}
          </Button>
        )
      }
    >
      {configures && (
        <SegmentedControl
          size="xs"
          mb="sm"
          aria-label={say("views")}
          value={view}
          onChange={(value) => setPlace(value === "decisions" ? { view: "decisions" } : {})}
          data={[
            { value: "policies", label: say("policies") },
            { value: "decisions", label: say("decisions") },
          ]}
        />
      )}
      {view === "policies" ? <Policies onAdd={add.open} /> : <Decisions place={place} onChange={(next) => setPlace({ ...next, view: "decisions" })} />}
      {adding && <CreatePolicy onClose={add.close} />}
    </Page>
  );
}

function Policies({ onAdd }: { onAdd: () => void }) {
  const say = useWords(policyWords);
  const policies = api.useInfiniteQuery("get", "/api/v1/credit-policies", { params: { query: { limit: 50 } } }, paging);
  return (
    <Paper style={{ overflow: "hidden" }}>
      <Loaded of={policies} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("none")} text={say("noneText")} action={<Button onClick={onAdd}>{say("add")}</Button>} />}>
        {(data) => (
          <Wide>
            <Table fz="sm" miw={680} highlightOnHover highlightOnHoverColor="var(--hover)">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("name")}</Table.Th>
                  <Table.Th>{say("segment")}</Table.Th>
                  <Table.Th>{say("inForce")}</Table.Th>
                  <Table.Th>{say("newest")}</Table.Th>
                  <Table.Th>{say("state")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {flat(data).map((policy) => (
                  <Row key={policy.id} policy={policy} />
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
      <MoreButton of={policies} />
    </Paper>
  );
}

function Row({ policy }: { policy: Policy }) {
  const say = useWords(policyWords);
  const active = policy.versions.find(({ state }) => state === "active");
  const newest = policy.versions.toSorted((a, b) => b.version - a.version)[0];
  return (
    <Table.Tr>
      <Table.Td>
        <Anchor component={Link} to={`/policies/${policy.id}`} size="sm" fw={560} c="inherit">
          {policy.name}
        </Anchor>
      </Table.Td>
      <Table.Td>{say(segmentWord[policy.segment])}</Table.Td>
      <Table.Td>
        {active ? (
          <>
            {say("version", { version: active.version })} <Text span size="xs" c="dimmed"><Moment at={active.active_from} /></Text>
          </>
        ) : (
          "–"
        )}
      </Table.Td>
      <Table.Td>{newest ? `${newest.plugin.name} ${newest.plugin.version} · ${say("version", { version: newest.version })}` : "–"}</Table.Td>
      <Table.Td>
        <ToneBadge tone={policy.enabled ? "good" : "quiet"}>{say(policy.enabled ? "enabled" : "disabled")}</ToneBadge>
      </Table.Td>
    </Table.Tr>
  );
}

function CreatePolicy({ onClose }: { onClose: () => void }) {
  const say = useWords(policyWords);
  const part = useWords(partWords);
  const navigate = useNavigate();
  const plugins = api.useQuery("get", "/api/v1/plugins", { params: { query: { limit: 200 } } });
  const credit = (plugins.data?.data ?? []).filter(({ kind }) => kindWord(kind) === "credit");
  const [name, setName] = useState("");
  const [plugin, setPlugin] = useState<string | null>(null);
  const [segment, setSegment] = useState<PolicySegment>("b2b");
  const [config, setConfig] = useState<unknown>({});
  const work = useWork();
  const create = () =>
    work.run(async () => {
      const made = await done(http.POST("/api/v1/credit-policies", { body: { name: name.trim(), plugin_id: plugin ?? "", segment, config } }));
      await refresh("/api/v1/credit-policies");
      onClose();
      void navigate({ to: "/policies/$id", params: { id: made.id } });
    });
  return (
    <Modal opened onClose={onClose} title={say("add")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <Stack gap="sm">
          <TextInput label={say("name")} required maxLength={120} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Select
            label={say("plugin")}
            required
            allowDeselect={false}
            data={credit.map((each) => ({ value: each.id, label: `${pluginName(each)} ${each.version}` }))}
            {...(plugins.data && credit.length === 0 && { description: say("noPlugin") })}
            value={plugin}
            onChange={setPlugin}
          />
          <Select
            label={say("segment")}
            allowDeselect={false}
            data={(["b2b", "b2c", "all"] as const).map((value) => ({ value, label: say(segmentWord[value]) }))}
            value={segment}
            onChange={(value) => setSegment((value ?? "b2b") as PolicySegment)}
          />
          <AsJson label={say("configJson")} required={false} disabled={false} error={null} value={config} onChange={setConfig} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!name.trim() || !plugin}>
              {say("create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
