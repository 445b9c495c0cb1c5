// Acts on the selected orders one after the other and tells what was done and what was refused.
import { Button, Group, Loader, Text } from "@mantine/core";
import { IconHandStop, IconPlayerPlay, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../../api/call";
import { http, queries } from "../../api/client";
import { ReasonModal } from "../../parts/controls";
import { explain, tell } from "../../parts/problem";
import { partWords } from "../../parts/words";
import type { Problem } from "../../api/types";
import { useRight } from "../../session/session";
import { useWords } from "../../words/catalogue";
import { placeHold, releaseHold } from "../hold_actions";
import { orderWords } from "../words";
import { reloadTop } from "./data";
import styles from "./page.module.css";

async function releaseAll(id: string, reason: string): Promise<void> {
  const order = await done(http.GET("/api/v1/orders/{id}", { params: { path: { id } } }));
  for (const hold of order.hold_list.filter(({ state }) => state === "placed")) await releaseHold(id, hold.id, reason);
}

export function BulkBar({ ids, onClear }: { ids: string[]; onClear: () => void }) {
  const say = useWords(orderWords);
  const part = useWords(partWords);
  const may = useRight();
  const [asking, setAsking] = useState<"hold" | "release" | null>(null);
  const [progress, setProgress] = useState<number | null>(null);
  const [refusals, setRefusals] = useState<string[]>([]);

  const act = async (each: (id: string, reason: string) => Promise<void>, reason: string) => {
    const refused: string[] = [];
    setProgress(0);
    for (const [index, id] of ids.entries()) {
      try {
        await each(id, reason);
      } catch (problem) {
        refused.push(explain(problem as Problem, part));
      }
      setProgress(index + 1);
    }
    setProgress(null);
    setRefusals([...new Set(refused)].slice(0, 3));
    await reloadTop();
    await queries.invalidateQueries({ queryKey: ["get", "/api/v1/orders/{id}"] });
    tell(say("bulkDone", { done: ids.length - refused.length, failed: refused.length }));
    if (refused.length === 0) onClear();
  };
  return (
    <div className={styles["bulk"]} role="region" aria-label={say("selected", { count: ids.length })}>
      <div>
        <Text size="sm" fw={560} style={{ whiteSpace: "nowrap" }}>
          {say("selected", { count: ids.length })}
        </Text>
        {refusals.map((refusal) => (
          <Text key={refusal} size="xs" c="var(--mantine-color-error)">
            {refusal}
          </Text>
        ))}
      </div>
      {progress === null ? (
        <Group gap="xs" wrap="nowrap">
          {may("orders:hold") && (
            <Button size="xs" variant="default" leftSection={<IconHandStop size={15} />} onClick={() => setAsking("hold")}>
              {say("holdAct")}
            </Button>
          )}
          {may("orders:release") && (
            <Button size="xs" variant="default" leftSection={<IconPlayerPlay size={15} />} onClick={() => setAsking("release")}>
              {say("releaseAct")}
            </Button>
          )}
          <Button size="xs" variant="subtle" color="gray" c="var(--mantine-color-text)" leftSection={<IconX size={14} />} onClick={onClear}>
            {say("unselect")}
          </Button>
        </Group>
      ) : (
        <Group gap={8} wrap="nowrap">
          <Loader size={14} />
          <Text size="sm">{say("bulkWorking", { done: progress, total: ids.length })}</Text>
        </Group>
      )}
      <ReasonModal
        opened={asking !== null}
        onClose={() => setAsking(null)}
        title={asking === "release" ? say("releaseTitle") : say("holdTitle", { count: ids.length })}
        text={say("holdText")}
        label={say("why")}
        placeholder={say(asking === "release" ? "whyRelease" : "whyHold")}
        action={say(asking === "release" ? "releaseAct" : "holdAct")}
        onGive={async (reason) => {
          const each = asking === "release" ? releaseAll : placeHold;
          void act(each, reason);
        }}
      />
    </div>
  );
}
