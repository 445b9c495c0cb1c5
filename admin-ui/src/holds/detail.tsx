// One hold, opened in the queue: reasons, the least that would release it, evidence, approvals, whose it is.
import { Anchor, Box, Group, Select, Stack, Text } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api } from "../api/client";
import type { HoldItem } from "../api/types_credit";
import { CodeView } from "../parts/code_view";
import { useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { useActorName } from "../people/actor";
import { useRight, useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { assignHold, holdsChanged } from "./acts";
import { RejectHold } from "./reject";
import { holdReasonText } from "./reasons";
import { ReleaseHold } from "./release";
import { MinimalChanges, Reasons } from "./why";
import { holdWords } from "./words";

const escalationMax = 3;
const hasEvidence = (evidence: unknown) => evidence !== null && typeof evidence === "object" && Object.keys(evidence).length > 0;

export function HoldDetail({ hold }: { hold: HoldItem }) {
  const say = useWords(holdWords);
  const may = useRight();
  const who = useActorName();
  const [looking, setLooking] = useState(false);
  return (
    <Group align="flex-start" gap="xl" p="sm" wrap="wrap">
      <Stack gap="md" flex="2 1 320px" miw={0}>
        <Part title={say("reasons")}>
          <Reasons of={hold.reasons.length > 0 ? hold.reasons : [{ code: hold.type, detail: holdReasonText(hold) }]} />
        </Part>
        {hasEvidence(hold.evidence) && (
          <Box>
            <Anchor component="button" size="xs" aria-expanded={looking} onClick={() => setLooking(!looking)}>
              {say("evidence")}
            </Anchor>
            {looking && (
              <Box mt={6}>
                <CodeView text={JSON.stringify(hold.evidence)} label={say("evidence")} height={220} />
              </Box>
            )}
          </Box>
        )}
      </Stack>
      {hold.minimal_changes.length > 0 && (
        <Box flex="2 1 280px" miw={0}>
          <Part title={say("changes")}>
            <MinimalChanges of={hold.minimal_changes} />
          </Part>
        </Box>
      )}
      <Stack gap={10} flex="1 1 250px" miw={0}>
        {may("orders:hold") && <Assign hold={hold} />}
        <Text size="xs" c="dimmed" component="div">
          {`${say("placed")} `}
          <Moment at={hold.placed_at} />
          {` · ${say("by", { who: who(hold.placed_by) })} · ${say("blocks")}: ${hold.blocks.join(", ")}`}
          {hold.requested_by && <div>{say("requested", { who: who(hold.requested_by) })}</div>}
        </Text>
        {hold.approvals_needed > 1 && <Approvals hold={hold} />}
        {hold.may_release ? (
          <Group>
            <ReleaseHold hold={hold} size="xs" />
            <RejectHold hold={hold} />
          </Group>
        ) : (
          may("orders:release") && (
            <Text size="xs" c="dimmed">
              {say("beyond")}
            </Text>
          )
        )}
        <Group gap="sm">
          <Anchor component={Link} to={`/orders/${hold.order.id}`} size="xs">
            {say("openOrder")}
          </Anchor>
          {hold.company && may("companies:read") && (
            <Anchor component={Link} to={`/companies/${hold.company.id}`} size="xs">
              {say("openCompany")}
            </Anchor>
          )}
        </Group>
      </Stack>
    </Group>
  );
}

export function Approvals({ hold }: { hold: Pick<HoldItem, "approvals" | "approvals_needed"> }) {
  const say = useWords(holdWords);
  const who = useActorName();
  return (
    <Box>
      <Text size="xs" fw={560}>
        {say("approvals", { given: hold.approvals.length, needed: hold.approvals_needed })}
      </Text>
      {hold.approvals.map((approval) => (
        <Group key={approval.by} gap={6} wrap="nowrap" align="baseline">
          <IconCheck size={13} aria-hidden="true" style={{ flex: "none" }} />
          <Text size="xs" style={{ overflowWrap: "anywhere" }}>
            {say("approvedBy", { who: who(approval.by), reason: approval.reason })}
          </Text>
        </Group>
      ))}
    </Box>
  );
}

function Assign({ hold }: { hold: HoldItem }) {
  const say = useWords(holdWords);
  const may = useRight();
  const me = useSession()?.person;
  const people = api.useQuery("get", "/api/v1/people", { params: { query: { limit: 200 } } }, { enabled: may("people:read") });
  const work = useWork();
  const known = [...(me ? [{ id: me.id, name: me.name }] : []), ...(hold.owner ? [hold.owner] : []), ...(people.data?.data ?? [])];
  const options = known.filter(({ id }, index) => known.findIndex((each) => each.id === id) === index);
  const assign = (owner: string | null, escalation?: number) =>
    void work.run(async () => {
      await assignHold(hold.id, owner, escalation);
      await holdsChanged();
    });
  return (
    <>
      <Group grow gap="xs" align="flex-start">
        <Select
          size="xs"
          label={say("assign")}
          placeholder={say("nobody")}
          clearable
          searchable
          disabled={work.busy}
          data={options.map(({ id, name }) => ({ value: id, label: name }))}
          value={hold.owner?.id ?? null}
          onChange={(id) => assign(id)}
        />
        <Select
          size="xs"
          label={say("escalation")}
          allowDeselect={false}
          disabled={work.busy}
          data={Array.from({ length: escalationMax + 1 }, (_, level) => String(level))}
          value={String(hold.escalation)}
          onChange={(level) => assign(hold.owner?.id ?? null, Number(level))}
        />
      </Group>
      <ProblemAlert problem={work.problem} />
    </>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Box>
      <Text size="xs" fw={560} c="dimmed" mb={6}>
        {title}
      </Text>
      {children}
    </Box>
  );
}
