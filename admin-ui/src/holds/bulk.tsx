// Acts on the selected holds one after the other and tells what was done and what was refused.
import { Button, Group, Loader, Text } from "@mantine/core";
import { IconPlayerPlay, IconUserCheck, IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { Problem } from "../api/types";
import type { HoldItem } from "../api/types_credit";
import { ReasonModal } from "../parts/controls";
import { explain, tell } from "../parts/problem";
import { partWords } from "../parts/words";
import { useRight, useSession } from "../session/session";
import { useWords } from "../words/catalogue";
import { assignHold, holdsChanged, releaseHoldItem } from "./acts";
import styles from "./page.module.css";
import { holdWords } from "./words";

const refusalsShown = 3;

export function HoldBulk({ holds, onClear }: { holds: HoldItem[]; onClear: () => void }) {
  const say = useWords(holdWords);
  const part = useWords(partWords);
  const may = useRight();
  const me = useSession()?.person;
  const [asking, setAsking] = useState(false);
  const [progress, setProgress] = useState<number | null>(null);
  const [refusals, setRefusals] = useState<string[]>([]);
  const act = async (each: (hold: HoldItem) => Promise<unknown>) => {
    const refused: string[] = [];
    setProgress(0);
    for (const [index, hold] of holds.entries()) {
      try {
        await each(hold);
      } catch (problem) {
        refused.push(explain(problem as Problem, part));
      }
      setProgress(index + 1);
    }
    setProgress(null);
    setRefusals([...new Set(refused)].slice(0, refusalsShown));
    await holdsChanged();
    tell(say("bulkDone", { done: holds.length - refused.length, failed: refused.length }));
    if (refused.length === 0) onClear();
  };
  return (
    <div className={styles["bulk"]} role="region" aria-label={say("selected", { count: holds.length })}>
      <div>
        <Text size="sm" fw={560} style={{ whiteSpace: "nowrap" }}>
          {say("selected", { count: holds.length })}
        </Text>
        {refusals.map((refusal) => (
          <Text key={refusal} size="xs" c="var(--mantine-color-error)">
            {refusal}
          </Text>
        ))}
      </div>
      {progress === null ? (
        <Group gap="xs">
          {may("orders:hold") && me && (
            <Button size="xs" variant="default" leftSection={<IconUserCheck size={15} />} onClick={() => void act((hold) => assignHold(hold.id, me.id))}>
              {say("takeIt")}
            </Button>
          )}
          {may("orders:release") && (
            <Button size="xs" variant="default" leftSection={<IconPlayerPlay size={15} />} onClick={() => setAsking(true)}>
              {say("release")}
            </Button>
          )}
          <Button size="xs" variant="subtle" color="gray" c="var(--mantine-color-text)" leftSection={<IconX size={14} />} onClick={onClear}>
            {say("unselect")}
          </Button>
        </Group>
      ) : (
        <Group gap={8} wrap="nowrap">
          <Loader size={14} />
          <Text size="sm">{say("working", { done: progress, total: holds.length })}</Text>
        </Group>
      )}
      <ReasonModal
        opened={asking}
        onClose={() => setAsking(false)}
        title={say("releaseMany", { count: holds.length })}
        label={say("reason")}
        placeholder={say("reasonHint")}
        action={say("release")}
        onGive={async (reason) => void act((hold) => releaseHoldItem(hold.id, reason))}
      />
    </div>
  );
}
