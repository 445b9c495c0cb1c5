// Releases one hold with a reason, and tells when a second person has to follow.
import { Button, Stack, Text } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import type { HoldItem } from "../api/types_credit";
import { ReasonModal } from "../parts/controls";
import { tell } from "../parts/problem";
import { useWords } from "../words/catalogue";
import { holdsChanged, releaseHoldItem } from "./acts";
import { holdReasonText } from "./reasons";
import { holdWords } from "./words";

export function ReleaseHold({ hold, size = "compact-xs" }: { hold: HoldItem; size?: "compact-xs" | "xs" }) {
  const say = useWords(holdWords);
  const [asking, setAsking] = useState(false);
  const two = hold.approvals_needed > 1;
  const word = two && hold.approvals.length + 1 < hold.approvals_needed ? "approve" : "release";
  return (
    <>
      <Button size={size} variant={size === "xs" ? "filled" : "default"} leftSection={<IconPlayerPlay size={14} />} onClick={() => setAsking(true)}>
        {say(word)}
      </Button>
      <ReasonModal
        opened={asking}
        onClose={() => setAsking(false)}
        title={say("releaseTitle", { number: String(hold.order.number) })}
        text={
          <Stack gap={4} component="span">
            <span>{holdReasonText(hold)}</span>
            {two && <Text component="span" size="xs" c="dimmed">{say("twoText")}</Text>}
            {hold.confirms && <Text component="span" size="xs" c="dimmed">{say("confirmsText")}</Text>}
          </Stack>
        }
        label={say("reason")}
        placeholder={say("reasonHint")}
        action={say(word)}
        onGive={async (reason) => {
          const after = await releaseHoldItem(hold.id, reason);
          await holdsChanged();
          tell(say(after.state === "placed" ? "firstDone" : "releasedDone"));
        }}
      />
    </>
  );
}
