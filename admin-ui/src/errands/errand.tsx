// One errand as a row: what the channel is asked, how far it is, why not, and what a person may do about it.
import { ActionIcon, Box, Group, Text, Tooltip } from "@mantine/core";
import { IconRefresh, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../api/call";
import { http, refresh } from "../api/client";
import type { Errand, ErrandState, Synced } from "../api/types_errands";
import { ReasonModal, useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { tell, tellProblem } from "../parts/problem";
import { ToneBadge } from "../parts/track_badge";
import type { Tone } from "../parts/tracks";
import { useWords } from "../words/catalogue";
import { errandWords } from "./words";

const tones: Record<ErrandState, Tone> = { queued: "move", sending: "move", retrying: "move", done: "good", refused: "bad", gave_up: "bad", unsupported: "bad", dropped: "quiet" };
const syncedTones: Record<Synced, Tone> = { synced: "good", waiting: "move", failed: "bad" };

export function SyncedBadge({ of }: { of: Synced }) {
  const say = useWords(errandWords);
  return <ToneBadge tone={syncedTones[of] ?? "quiet"}>{say(of)}</ToneBadge>;
}

const errandsChanged = () => refresh("/api/v1/orders/{id}/errands", "/api/v1/channel-accounts", "/api/v1/orders/{id}");

export function ErrandLine({ errand }: { errand: Errand }) {
  const say = useWords(errandWords);
  const tracking = (errand.action as { tracking?: string | null } | null)?.tracking;
  const why = errand.error ?? errand.refusals[0]?.detail;
  return (
    <Box px="md" py={10} style={{ borderBottom: "1px solid var(--edge)" }}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" fw={500}>
          {[say(errand.kind), tracking].filter(Boolean).join(" · ")}
        </Text>
        <Group gap={6} wrap="nowrap">
          <ToneBadge tone={tones[errand.state] ?? "quiet"}>{say(errand.state)}</ToneBadge>
          <Acts errand={errand} />
        </Group>
      </Group>
      <Text size="xs" c="dimmed" component="div">
        <Moment at={errand.asked_at} /> · {say("attempts", { count: errand.attempts })}
        {errand.state === "retrying" && errand.due_at && (
          <>
            {" · "}
            {say("next")} <Moment at={errand.due_at} />
          </>
        )}
        {errand.reference && ` · ${errand.reference}`}
      </Text>
      {errand.state !== "done" && why && (
        <Text size="xs" mt={2} style={{ overflowWrap: "anywhere" }}>
          {why}
        </Text>
      )}
    </Box>
  );
}

function Acts({ errand }: { errand: Errand }) {
  const say = useWords(errandWords);
  const work = useWork();
  const [dropping, setDropping] = useState(false);
  const what = say(errand.kind);
  const path = { id: errand.id };
  const again = () =>
    work.run(async () => {
      try {
        await done(http.POST("/api/v1/errands/{id}/retry", { params: { path } }));
        await errandsChanged();
        tell(say("retried"));
      } catch (problem) {
        tellProblem(problem);
      }
    });
  return (
    <>
      {errand.actions.includes("retry") && (
        <Tooltip label={say("retry")}>
          <ActionIcon variant="subtle" size="sm" aria-label={say("retryName", { what })} loading={work.busy} onClick={() => void again()}>
            <IconRefresh size={14} />
          </ActionIcon>
        </Tooltip>
      )}
      {errand.actions.includes("drop") && (
        <Tooltip label={say("drop")}>
          <ActionIcon variant="subtle" size="sm" color="gray" aria-label={say("dropName", { what })} onClick={() => setDropping(true)}>
            <IconX size={14} />
          </ActionIcon>
        </Tooltip>
      )}
      <ReasonModal
        opened={dropping}
        onClose={() => setDropping(false)}
        title={say("dropTitle")}
        text={say("dropText")}
        label={say("why")}
        placeholder={say("whyDrop")}
        action={say("drop")}
        danger
        onGive={async (reason) => {
          await done(http.POST("/api/v1/errands/{id}/drop", { params: { path }, body: { reason } }));
          await errandsChanged();
          tell(say("droppedNow"));
        }}
      />
    </>
  );
}
