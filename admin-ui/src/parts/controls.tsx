// Small controls several rooms use: copying, asking for a reason, asking twice, paging on.
import { ActionIcon, Button, Code, CopyButton, Group, Modal, Stack, Text, Textarea, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useWords } from "../words/catalogue";
import { ProblemAlert } from "./problem";
import { partWords } from "./words";

export function Copyable({ text }: { text: string }) {
  const say = useWords(partWords);
  return (
    <Group gap={6} wrap="nowrap" maw="100%">
      <Code style={{ overflowWrap: "anywhere", fontSize: "0.78rem" }}>{text}</Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Tooltip label={copied ? say("copied") : say("copy")}>
            <ActionIcon variant="subtle" color="gray" size="sm" onClick={copy} aria-label={say("copy")}>
              {copied ? <IconCheck size={15} /> : <IconCopy size={15} />}
            </ActionIcon>
          </Tooltip>
        )}
      </CopyButton>
    </Group>
  );
}

type ReasonProps = {
  opened: boolean;
  onClose: () => void;
  title: string;
  text?: ReactNode;
  label: string;
  placeholder?: string;
  action: string;
  danger?: boolean;
  /** Rejects with the problem to show. */
  onGive: (reason: string) => Promise<unknown>;
};

/** Asks for a reason, then acts. Stays open with the problem when the server refuses. */
export function ReasonModal({ opened, onClose, title, text, label, placeholder, action, danger = false, onGive }: ReasonProps) {
  const say = useWords(partWords);
  const [reason, setReason] = useState("");
  const work = useWork();
  const give = () =>
    work.run(async () => {
      await onGive(reason.trim());
      setReason("");
      onClose();
    });
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ "aria-label": say("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void give();
        }}
      >
        <Stack gap="sm">
          {text && <Text size="sm">{text}</Text>}
          <Textarea
            label={label}
            placeholder={placeholder ?? ""}
            required
            autosize
            minRows={2}
            maxLength={500}
            data-autofocus
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {say("cancel")}
            </Button>
            <Button type="submit" color={danger ? "red.8" : "petrol"} loading={work.busy} disabled={!reason.trim()}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

type SureProps = { title: string; text: ReactNode; action: string; onSure: () => Promise<unknown>; children: (ask: () => void) => ReactNode };

/** Asks once more before something that cannot be taken back. */
export function Sure({ title, text, action, onSure, children }: SureProps) {
  const say = useWords(partWords);
  const [opened, setOpened] = useState(false);
  const work = useWork();
  return (
    <>
      {children(() => setOpened(true))}
      <Modal opened={opened} onClose={() => setOpened(false)} title={title} closeButtonProps={{ "aria-label": say("close") }}>
        <Stack gap="md">
          <Text size="sm">{text}</Text>
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setOpened(false)} data-autofocus>
              {say("cancel")}
            </Button>
            <Button
              color="red.8"
              loading={work.busy}
              onClick={() =>
                void work.run(async () => {
                  await onSure();
                  setOpened(false);
                })
              }
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

/** One piece of work at a time, with its problem. */
export function useWork() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (refused) {
      setProblem(refused);
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, run, setProblem };
}

type Paged = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };

export function MoreButton({ of }: { of: Paged }) {
  const say = useWords(partWords);
  if (!of.hasNextPage) return null;
  return (
    <Group justify="center" p="sm">
      <Button variant="default" size="xs" loading={of.isFetchingNextPage} onClick={() => of.fetchNextPage()}>
        {say("more")}
      </Button>
    </Group>
  );
}
