// Takes a bank's file in and says what became of it.
import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import "@mantine/dropzone/styles.css";
import { useDisclosure } from "@mantine/hooks";
import { IconFileUpload } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../api/call";
import { http, multipart, refresh } from "../api/client";
import type { BankAccount, BankImport } from "../api/types_bank";
import { useWork } from "../parts/controls";
import { ProblemAlert } from "../parts/problem";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { bankWords } from "./words";

const fileMaxBytes = 8 * 1_048_576;

export function TakeIn({ account }: { account: BankAccount }) {
  const say = useWords(bankWords);
  const part = useWords(partWords);
  const [opened, dialog] = useDisclosure(false);
  const [told, setTold] = useState<BankImport | null>(null);
  const work = useWork();
  const send = (file: File | undefined) =>
    work.run(async () => {
      if (!file) return;
      setTold(null);
      setTold(await done(http.POST("/api/v1/bank/accounts/{id}/statements", { params: { path: { id: account.id } }, body: { file }, bodySerializer: multipart })));
      await refresh("/api/v1/bank", "/api/v1/ledger");
    });
  const close = () => {
    setTold(null);
    work.setProblem(null);
    dialog.close();
  };
  return (
    <>
      <Button size="xs" variant="default" leftSection={<IconFileUpload size={15} />} onClick={dialog.open}>
        {say("takeIn")}
      </Button>
      <Modal opened={opened} onClose={close} title={`${say("takeIn")} · ${account.name}`} closeButtonProps={{ "aria-label": part("close") }}>
        <Stack gap="sm">
          <Dropzone loading={work.busy} onDrop={(files) => void send(files[0])} maxSize={fileMaxBytes} maxFiles={1} inputProps={{ "aria-label": say("file") }}>
            <Stack align="center" gap={4} py="lg" style={{ pointerEvents: "none" }}>
              <IconFileUpload size={30} stroke={1.4} />
              <Text size="sm">{say("drop")}</Text>
              <Text size="xs" c="dimmed">
                {say("dropText")}
              </Text>
            </Stack>
          </Dropzone>
          {told && (
            <Alert color="teal" role="status">
              {told.repeated ? say("repeated") : say("done", { lines: told.lines_new, matched: told.lines_matched, known: told.lines_known })}
            </Alert>
          )}
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {part("close")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
