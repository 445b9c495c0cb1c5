// Says that another customer is this one.
import { Button, Group, Modal, Select, Stack, Text, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Customer } from "../api/types_products";
import { useWork } from "../parts/controls";
import { ProblemAlert, tell } from "../parts/problem";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { useCustomerName } from "./name";
import { customerWords } from "./words";

export function MergeModal({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const say = useWords(customerWords);
  const part = useWords(partWords);
  const name = useCustomerName();
  const navigate = useNavigate();
  const work = useWork();
  const [text, setText] = useState("");
  const [settled] = useDebouncedValue(text.trim(), 200);
  const [other, setOther] = useState<string | null>(null);
  const [reason, setReason] = useState("");
  const searched = settled.includes(" · ") ? "" : settled.slice(0, 100);
  const found = api.useQuery("get", "/api/v1/customers", { params: { query: { ...(searched && { text: searched }), limit: 20 } } });
  const label = (of: Customer) => `${name(of)} · ${[of.phone, of.email, say("orderCount", { count: of.orders })].filter(Boolean).join(" · ")}`;
  const options = (found.data?.data ?? []).filter(({ id }) => id !== customer.id).map((each) => ({ value: each.id, label: label(each) }));
  const merge = () =>
    work.run(async () => {
      if (!other) return;
      const merged = await done(http.POST("/api/v1/customers/{id}/merge", { params: { path: { id: customer.id } }, body: { customer_id: other, reason: reason.trim() } }));
      await refresh("/api/v1/customers");
      tell(say("merged"));
      onClose();
      void navigate({ to: "/customers/$id", params: { id: merged.id } });
    });
  return (
    <Modal opened onClose={onClose} size="lg" title={say("merge")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void merge();
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{say("mergeText")}</Text>
          <Select label={say("other")} placeholder={say("search")} required searchable clearable data-autofocus data={options} filter={({ options: all }) => all} onSearchChange={setText} value={other} onChange={setOther} />
          <Textarea label={say("reason")} required autosize minRows={2} maxLength={500} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!other || !reason.trim()}>
              {say("merge")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
