// What stops the order, why, and what stopped it before.
import { Box, Group, Spoiler, Stack, Text } from "@mantine/core";
import type { Hold, HoldType, Order } from "../../api/types";
import { api } from "../../api/client";
import { Approvals } from "../../holds/detail";
import { holdReasonText } from "../../holds/reasons";
import { MinimalChanges, Reasons } from "../../holds/why";
import { holdWords } from "../../holds/words";
import { CodeView } from "../../parts/code_view";
import { Moment } from "../../parts/moment";
import { Panel } from "../../parts/section";
import { ToneBadge, TrackBadge } from "../../parts/track_badge";
import { useActorName } from "../../people/actor";
import { useWords } from "../../words/catalogue";
import { ReleaseButton } from "../hold_actions";
import { detailWords } from "./words";

const hasEvidence = (hold: Hold) => hold.evidence !== null && typeof hold.evidence === "object" && Object.keys(hold.evidence).length > 0;

/** Holds that a policy placed tell their reasons and the least that would release them. */
const judged: ReadonlySet<HoldType> = new Set(["credit", "risk", "price_approval", "deposit", "plugin"]);

function Judged({ hold }: { hold: Hold }) {
  const say = useWords(holdWords);
  const item = api.useQuery("get", "/api/v1/holds/{id}", { params: { path: { id: hold.id } } });
  if (!item.data) return null;
  const { reasons, minimal_changes: changes, approvals_needed: needed } = item.data;
  return (
    <Stack gap={8} mt={8}>
      {reasons.length > 1 && <Reasons of={reasons} />}
      {changes.length > 0 && (
        <Box>
          <Text size="xs" fw={560} c="dimmed" mb={4}>
            {say("changes")}
          </Text>
          <MinimalChanges of={changes} />
        </Box>
      )}
      {needed > 1 && <Approvals hold={item.data} />}
    </Stack>
  );
}

export function Holds({ order }: { order: Order }) {
  const say = useWords(detailWords);
  const who = useActorName();
  const standing = order.hold_list.filter((hold) => hold.state === "placed");
  const past = order.hold_list.filter((hold) => hold.state !== "placed");
  return (
    <Panel title={say("holds")}>
      <Stack gap="md">
        {standing.length === 0 && (
          <Text size="sm" c="dimmed">
            {say("noHolds")}
          </Text>
        )}
        {standing.map((hold) => (
          <Box key={hold.id}>
            <Group justify="space-between" align="flex-start" wrap="nowrap">
              <TrackBadge track="hold" state={hold.type} />
              {order.actions.includes("release") && <ReleaseButton order={order} hold={hold} size="xs" />}
            </Group>
            <Text size="sm" mt={6} style={{ overflowWrap: "anywhere" }}>
              {holdReasonText(hold)}
            </Text>
            <Text size="xs" c="dimmed" mt={2}>
              <Moment at={hold.placed_at} /> {`· ${say("heldBy", { who: who(hold.placed_by) })} · ${say("blocks", { what: hold.blocks.join(", ") })}`}
            </Text>
            {judged.has(hold.type) && <Judged hold={hold} />}
            {hasEvidence(hold) && (
              <Spoiler maxHeight={0} showLabel={say("evidence")} hideLabel={say("evidence")} fz="xs" mt={4}>
                <CodeView text={JSON.stringify(hold.evidence)} label={say("evidence")} height={180} />
              </Spoiler>
            )}
          </Box>
        ))}
        {past.length > 0 && (
          <Box>
            <Text size="xs" fw={560} c="dimmed" mb={6}>
              {say("pastHolds")}
            </Text>
            <Stack gap={8}>
              {past.map((hold) => (
                <Box key={hold.id}>
                  <Group gap={8}>
                    <TrackBadge track="hold" state={hold.type} />
                    {hold.state !== "placed" && <ToneBadge tone="quiet">{say(hold.state)}</ToneBadge>}
                  </Group>
                  <Text size="xs" mt={3} style={{ overflowWrap: "anywhere" }}>
                    {[holdReasonText(hold), hold.end_reason].filter(Boolean).join(" → ")}
                  </Text>
                  <Text size="xs" c="dimmed">
                    <Moment at={hold.ended_at} /> {hold.ended_by ? say("heldBy", { who: who(hold.ended_by) }) : ""}
                  </Text>
                </Box>
              ))}
            </Stack>
          </Box>
        )}
      </Stack>
    </Panel>
  );
}
