// Every filter in one place; nothing is asked of the server before "Apply".
import { Button, Drawer, Group, MultiSelect, SegmentedControl, Select, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { api } from "../../api/client";
import { partWords } from "../../parts/words";
import { usePair } from "../../parts/track_badge";
import { delivery, holds, invoice, payment, type StateLook } from "../../parts/tracks";
import { useRight, useTenantZone } from "../../session/session";
import { useWords } from "../../words/catalogue";
import { channelKinds, useChannelName } from "../channels";
import { orderWords } from "../words";
import { dayOf, dayStart, type OrderFilters, parseFilters } from "./filters";

type Props = { opened: boolean; onClose: () => void; filters: OrderFilters; onApply: (filters: OrderFilters) => void };

export function FilterDrawer({ opened, onClose, filters, onApply }: Props) {
  const say = useWords(orderWords);
  const part = useWords(partWords);
  return (
    <Drawer opened={opened} onClose={onClose} position="right" size={400} title={say("filters")} closeButtonProps={{ "aria-label": part("close") }}>
      {opened && <Form filters={filters} onClose={onClose} onApply={onApply} />}
    </Drawer>
  );
}

function Form({ filters, onClose, onApply }: Omit<Props, "opened">) {
  const say = useWords(orderWords);
  const part = useWords(partWords);
  const pair = usePair();
  const channelName = useChannelName();
  const zone = useTenantZone();
  const may = useRight();
  const [draft, setDraft] = useState<OrderFilters>(filters);
  const accounts = api.useQuery("get", "/api/v1/channel-accounts", { params: { query: { limit: 200 } } }, { enabled: may("channels:read") });
  const set = (change: { [Name in keyof OrderFilters]?: OrderFilters[Name] | undefined }) =>
    setDraft((before) => ({ ...before, ...change }) as OrderFilters);
  const options = (looks: Record<string, StateLook>) => Object.entries(looks).map(([value, look]) => ({ value, label: pair(look.name) }));
  const text = (name: "source" | "staff" | "branch" | "tender" | "tag" | "currency" | "total_min" | "total_max") => (
    <TextInput label={say(name)} value={draft[name] ?? ""} maxLength={120} onChange={(event) => set({ [name]: event.currentTarget.value || undefined })} />
  );
  const dayAfter = (day: string) => new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onApply(parseFilters(draft));
        onClose();
      }}
    >
      <Stack gap="sm">
        <MultiSelect label={say("channel")} data={channelKinds.map((value) => ({ value, label: channelName(value) }))} value={draft.channel ?? []} onChange={(channel) => set({ channel })} searchable clearable />
        <Select label={say("account")} data={(accounts.data?.data ?? []).map(({ id, name }) => ({ value: id, label: name }))} value={draft.account ?? null} onChange={(account) => set({ account: account ?? undefined })} searchable clearable />
        <MultiSelect label={say("payment")} data={options(payment)} value={draft.payment ?? []} onChange={(value) => set({ payment: value })} clearable />
        <MultiSelect label={say("delivery")} data={options(delivery)} value={draft.delivery ?? []} onChange={(value) => set({ delivery: value })} clearable />
        <MultiSelect label={say("invoice")} data={options(invoice)} value={draft.invoice ?? []} onChange={(value) => set({ invoice: value })} clearable />
        <Select label={say("hold")} data={[{ value: "any", label: say("anyHold") }, ...options(holds)]} value={draft.hold ?? null} onChange={(hold) => set({ hold: hold ?? undefined })} clearable />
        <Group grow>
          <TextInput type="date" label={say("placed_from")} value={draft.placed_from ? dayOf(draft.placed_from, zone) : ""} onChange={(event) => set({ placed_from: event.currentTarget.value ? dayStart(event.currentTarget.value, zone) : undefined })} />
          <TextInput
            type="date"
            label={say("placed_to")}
            value={draft.placed_to ? dayOf(new Date(Date.parse(draft.placed_to) - 1).toISOString(), zone) : ""}
            onChange={(event) => set({ placed_to: event.currentTarget.value ? dayStart(dayAfter(event.currentTarget.value), zone) : undefined })}
          />
        </Group>
        <Group grow>
          {text("total_min")}
          {text("total_max")}
        </Group>
        <SegmentedControl
          fullWidth
          aria-label={say("segment")}
          value={draft.segment ?? ""}
          onChange={(segment) => set({ segment: segment || undefined })}
          data={[{ value: "", label: say("whichever") }, { value: "b2c", label: say("b2c") }, { value: "b2b", label: say("b2b") }]}
        />
        <Group grow>
          {text("currency")}
          {text("tender")}
        </Group>
        <Group grow>
          {text("source")}
          {text("tag")}
        </Group>
        <Group grow>
          {text("staff")}
          {text("branch")}
        </Group>
        <Group grow>
          <Flag label={say("returned")} value={draft.returned} onChange={(returned) => set({ returned })} />
          <Flag label={say("test")} value={draft.test} onChange={(test) => set({ test })} />
        </Group>
        <Group justify="flex-end" gap="xs" mt="sm">
          <Button variant="default" onClick={onClose}>
            {part("cancel")}
          </Button>
          <Button type="submit">{say("apply")}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function Flag({ label, value, onChange }: { label: string; value: boolean | undefined; onChange: (value: boolean | undefined) => void }) {
  const say = useWords(orderWords);
  return (
    <Select
      label={label}
      clearable
      placeholder={say("whichever")}
      data={[
        { value: "true", label: say("yes") },
        { value: "false", label: say("no") },
      ]}
      value={value === undefined ? null : String(value)}
      onChange={(next) => onChange(next === null ? undefined : next === "true")}
    />
  );
}
