// Takes a marketplace's CSV in under the statement's name, and says what became of it.
import { Alert, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import "@mantine/dropzone/styles.css";
import { useDisclosure } from "@mantine/hooks";
import { IconFileUpload } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, multipart } from "../api/client";
import type { SettlementImport, SettlementShop } from "../api/types_settlement";
import { AmountInput } from "../parts/amount_input";
import { useWork } from "../parts/controls";
import { ProblemAlert } from "../parts/problem";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { settlementChanged } from "./statements";
import { settlementWords } from "./words";

const fileMaxBytes = 16 * 1_048_576;

export function TakeIn({ shop, onTaken }: { shop: SettlementShop; onTaken: (statement: string) => void }) {
  const say = useWords(settlementWords);
  const part = useWords(partWords);
  const tenant = api.useQuery("get", "/api/v1/tenant");
  const [opened, dialog] = useDisclosure(false);
  const [reference, setReference] = useState("");
  const [payout, setPayout] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [told, setTold] = useState<SettlementImport | null>(null);
  const work = useWork();
  const currency = shop.currency ?? tenant.data?.currency ?? "";
  const send = () =>
    work.run(async () => {
      if (!file) return;
      setTold(null);
      const body = { file, reference: reference.trim(), currency, ...(payout.trim() && { payout: payout.trim() }) };
      const made = await done(http.POST("/api/v1/settlement/shops/{id}/statements", { params: { path: { id: shop.id } }, body, bodySerializer: multipart }));
      setTold(made);
      await settlementChanged();
      onTaken(made.statement_id);
    });
  return (
    <>
      <Button size="xs" leftSection={<IconFileUpload size={15} />} onClick={dialog.open}>
        {say("takeIn")}
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={`${say("takeIn")} · ${shop.name}`} closeButtonProps={{ "aria-label": part("close") }}>
        <Stack gap="sm">
          <TextInput label={say("reference")} required maxLength={100} data-autofocus value={reference} onChange={(event) => setReference(event.currentTarget.value)} />
          <AmountInput label={say("payout")} description={say("payoutHint")} currency={currency} value={payout} onChange={setPayout} />
          <Dropzone onDrop={(files) => setFile(files[0] ?? null)} maxSize={fileMaxBytes} maxFiles={1} inputProps={{ "aria-label": say("file") }}>
            <Stack align="center" gap={4} py="md" style={{ pointerEvents: "none" }}>
              <IconFileUpload size={28} stroke={1.4} />
              <Text size="sm">{file ? say("chosen", { name: file.name }) : say("drop")}</Text>
              <Text size="xs" c="dimmed">
                {say("dropText")}
              </Text>
            </Stack>
          </Dropzone>
          {told && (
            <Alert color="teal" role="status">
              {say("done", { lines: told.lines_new, matched: told.lines_matched, open: told.lines_open, known: told.lines_known })}
            </Alert>
          )}
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={dialog.close}>
              {part("close")}
            </Button>
            <Button loading={work.busy} disabled={!file || !reference.trim()} onClick={() => void send()}>
              {say("takeIn")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
