// Tags, note, staff and source. An edit is saved on the version it was begun with; a conflict shows both.
import { Alert, Badge, Button, Group, Stack, TagsInput, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { done } from "../../api/call";
import { api, http, versionTag } from "../../api/client";
import type { Order, Problem } from "../../api/types";
import { useWork } from "../../parts/controls";
import { fieldErrors, ProblemAlert, tell } from "../../parts/problem";
import { Panel } from "../../parts/section";
import { partWords } from "../../parts/words";
import { useWords } from "../../words/catalogue";
import { orderChanged, patchOrder } from "../list/data";
import { detailWords } from "./words";

export function Notes({ order }: { order: Order }) {
  const say = useWords(detailWords);
  const [editing, setEditing] = useState(false);
  const mayEdit = order.actions.includes("edit");
  const empty = order.tags.length === 0 && !order.note;
  return (
    <Panel
      title={say("notes")}
      aside={
        mayEdit && !editing ? (
          <Button size="compact-xs" variant="default" onClick={() => setEditing(true)}>
            {say("edit")}
          </Button>
        ) : null
      }
    >
      {editing ? (
        <Edit order={order} onDone={() => setEditing(false)} />
      ) : (
        <Stack gap="xs">
          {empty && (
            <Text size="sm" c="dimmed">
              {say("noNote")}
            </Text>
          )}
          {order.tags.length > 0 && (
            <Group gap={6}>
              {order.tags.map((tag) => (
                <Badge key={tag} variant="default" radius="sm" tt="none" fw={500}>
                  {tag}
                </Badge>
              ))}
            </Group>
          )}
          {order.note && (
            <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
              {order.note}
            </Text>
          )}
        </Stack>
      )}
    </Panel>
  );
}

type Draft = { tags: string[]; note: string; staff: string; source_tag: string };
const draftOf = (order: Order): Draft => ({
  tags: order.tags,
  note: order.note ?? "",
  staff: order.staff ?? "",
  source_tag: order.source_tag ?? "",
});

/** Only what was changed is sent, so that two people editing different fields meet rarely. */
export function changes(before: Draft, after: Draft): Partial<Draft> {
  return Object.fromEntries(
    Object.entries(after).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field as keyof Draft])),
  );
}

function Edit({ order, onDone }: { order: Order; onDone: () => void }) {
  const say = useWords(detailWords);
  const part = useWords(partWords);
  const [base, setBase] = useState({ version: order.version, draft: draftOf(order) });
  const [fresh, setFresh] = useState<Order | null>(null);
  const form = useForm<Draft>({ initialValues: base.draft });
  const patch = api.useMutation("patch", "/api/v1/orders/{id}");
  const work = useWork();

  const save = (version: number, before: Draft) =>
    work.run(async () => {
      const path = { id: order.id };
      try {
        const saved = await patch.mutateAsync({
          params: { path, header: { "If-Match": versionTag(version) } },
          body: changes(before, form.values),
        });
        patchOrder(saved);
        await orderChanged(order.id);
        tell(say("saved"));
        onDone();
      } catch (refused) {
        const problem = refused as Problem;
        if (problem.status !== 412) {
          form.setErrors(fieldErrors(problem));
          throw refused;
        }
        const now = await done(http.GET("/api/v1/orders/{id}", { params: { path } }));
        patchOrder(now);
        setFresh(now);
      }
    });
  const takeTheirs = (now: Order) => {
    form.setValues(draftOf(now));
    setBase({ version: now.version, draft: draftOf(now) });
    setFresh(null);
  };
  return (
    <form onSubmit={form.onSubmit(() => save(base.version, base.draft))}>
      <Stack gap="sm">
        <TagsInput label={say("tags")} description={say("tagsHint")} maxTags={30} {...form.getInputProps("tags")} />
        <Textarea label={say("note")} autosize minRows={3} maxLength={4000} {...form.getInputProps("note")} />
        <TextInput label={say("staff")} maxLength={120} {...form.getInputProps("staff")} />
        <TextInput label={say("source")} maxLength={120} {...form.getInputProps("source_tag")} />
        {fresh && (
          <Alert color="yellow" variant="light" title={say("conflict")} role="alert">
            <Text size="sm" c="var(--mantine-color-text)">
              {say("conflictNow", { note: fresh.note || say("none"), tags: fresh.tags.join(", ") || say("none") })}
            </Text>
            <Group gap="xs" mt="xs">
              <Button size="xs" variant="default" onClick={() => takeTheirs(fresh)}>
                {say("takeTheirs")}
              </Button>
              <Button size="xs" loading={work.busy} onClick={() => { setFresh(null); void save(fresh.version, draftOf(fresh)); }}>
                {say("keepMine")}
              </Button>
            </Group>
          </Alert>
        )}
        <ProblemAlert problem={work.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" size="xs" onClick={onDone}>
            {part("cancel")}
          </Button>
          <Button type="submit" size="xs" loading={work.busy} disabled={!form.isDirty() || fresh !== null}>
            {part("save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
