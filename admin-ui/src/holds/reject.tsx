// Rejects a hold with a reason: its order is called off, or stays held by hand.
import { Button, Group, Modal, Radio, Stack, Textarea } from "@mantine/core";
import { IconBan } from "@tabler/icons-react";
import { useState } from "react";
import type { HoldItem } from "../api/types_credit";
import { useWork } from "../parts/controls";
import { ProblemAlert, tell } from "../parts/problem";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { holdsChanged, rejectHoldItem } from "./acts";
import { holdWords } from "./words";

export function RejectHold({ hold }: { hold: HoldItem }) {
  const say = useWords(holdWords);
  const part = useWords(partWords);
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const [fate, setFate] = useState<"call_off" | "stay">("call_off");
  const work = useWork();
  const reject = () =>
    work.run(async () => {
      await rejectHoldItem(hold.id, reason.trim(), fate);
      await holdsChanged();
      tell(say("rejectedDone"));
      setAsking(false);
    });
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconBan size={14} />} onClick={() => setAsking(true)}>
        {say("reject")}
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={say("rejectTitle", { number: String(hold.order.number) })} closeButtonProps={{ "aria-label": part("close") }}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void reject();
          }}
        >
          <Stack gap="sm">
            <Radio.Group value={fate} onChange={(value) => setFate(value === "stay" ? "stay" : "call_off")} label={say("rejectFate")}>
              <Stack gap={6} mt={6}>
                <Radio value="call_off" label={say("rejectCallOff")} />
                <Radio value="stay" label={say("rejectStay")} />
              </Stack>
            </Radio.Group>
            <Textarea label={say("reason")} required autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
            <ProblemAlert problem={work.problem} />
            <Group justify="flex-end">
              <Button type="submit" color="red.8" loading={work.busy} disabled={!reason.trim()}>
                {say("reject")}
              </Button>
            </Group>
          </Stack>
        </form>
      </Modal>
    </>
  );
}
