// A new bank account.
import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import { useWork } from "../parts/controls";
import { ProblemAlert } from "../parts/problem";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { bankWords } from "./words";

export function AddAccount({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const say = useWords(bankWords);
  const part = useWords(partWords);
  const tenant = api.useQuery("get", "/api/v1/tenant");
  const [name, setName] = useState("");
  const [number, setNumber] = useState("");
  const [currency, setCurrency] = useState<string | null>(null);
  const work = useWork();
  const code = currency ?? tenant.data?.currency ?? "";
  const save = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/bank/accounts", { body: { name, number, currency: code } }));
      await refresh("/api/v1/bank/accounts");
      setName("");
      setNumber("");
      onClose();
    });
  return (
    <Modal opened={opened} onClose={onClose} title={say("add")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <TextInput label={say("name")} required maxLength={80} data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <TextInput label={say("number")} required maxLength={60} value={number} onChange={(event) => setNumber(event.currentTarget.value)} />
          <TextInput label={say("currency")} required maxLength={3} value={code} onChange={(event) => setCurrency(event.currentTarget.value.toUpperCase())} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!name.trim() || !number.trim() || code.length !== 3}>
              {part("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
