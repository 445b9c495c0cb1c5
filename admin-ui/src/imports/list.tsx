// Imports so far, and the way to a new one.
import { Anchor, Button, Group, Modal, Paper, Select, Stack, Table, Text } from "@mantine/core";
import { Dropzone } from "@mantine/dropzone";
import "@mantine/dropzone/styles.css";
import { useDisclosure } from "@mantine/hooks";
import { IconFileSpreadsheet } from "@tabler/icons-react";
import { useLingui } from "@lingui/react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { flat, paging } from "../api/call";
import { api } from "../api/client";
import { MoreButton, useWork } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Empty, Loaded, Page } from "../parts/section";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { fileSize } from "./mapping";
import { ImportState } from "./state";
import { upload } from "./upload";
import { importWords } from "./words";
import { Wide } from "../parts/wide";

const fileMaxBytes = 200 * 1_048_576;

export function ImportListPage() {
  const say = useWords(importWords);
  const { i18n } = useLingui();
  const may = useRight();
  const [opened, dialog] = useDisclosure(false);
  const imports = api.useInfiniteQuery("get", "/api/v1/imports", { params: { query: { limit: 50 } } }, { ...paging, refetchInterval: 5_000 });
  const begin = may("imports:run") && (
    <Button leftSection={<IconFileSpreadsheet size={16} />} onClick={dialog.open}>
      {say("start")}
    </Button>
  );
  const number = (of: number | null) => (of === null ? "–" : formatNumber(of, i18n.locale));
  return (
    <Page title={say("title")} text={say("text")} aside={begin}>
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={imports} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("none")} text={say("noneText")} action={begin} />}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={760} highlightOnHover highlightOnHoverColor="var(--hover)">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("file")}</Table.Th>
                    <Table.Th>{say("state")}</Table.Th>
                    <Table.Th ta="right">{say("rows")}</Table.Th>
                    <Table.Th ta="right">{say("orders")}</Table.Th>
                    <Table.Th ta="right">{say("newOrders")}</Table.Th>
                    <Table.Th ta="right">{say("rowErrors")}</Table.Th>
                    <Table.Th>{say("created")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((each) => (
                    <Table.Tr key={each.id}>
                      <Table.Td>
                        <Anchor component={Link} to={`/imports/${each.id}`} size="sm" fw={560} c="var(--mantine-color-text)">
                          {each.file_name}
                        </Anchor>
                      </Table.Td>
                      <Table.Td>
                        <ImportState state={each.state} />
                      </Table.Td>
                      <Table.Td ta="right">{number(each.rows_total ?? each.rows_done)}</Table.Td>
                      <Table.Td ta="right">{number(each.orders_done)}</Table.Td>
                      <Table.Td ta="right">{number(each.orders_new)}</Table.Td>
                      <Table.Td ta="right" c={each.rows_failed > 0 ? "var(--mantine-color-error)" : "dimmed"}>
                        {number(each.rows_failed)}
                      </Table.Td>
                      <Table.Td>
                        <Moment at={each.created_at} />
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={imports} />
      </Paper>
      <UploadModal opened={opened} onClose={dialog.close} />
    </Page>
  );
}

function UploadModal({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const say = useWords(importWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const navigate = useNavigate();
  const accounts = api.useQuery("get", "/api/v1/channel-accounts", { params: { query: { limit: 200 } } });
  const [account, setAccount] = useState<string | null>(null);
  const [file, setFile] = useState<File | null>(null);
  const work = useWork();
  const options = (accounts.data?.data ?? []).filter((each) => each.state !== "disconnected").map(({ id, name }) => ({ value: id, label: name }));
  const send = () =>
    work.run(async () => {
      if (!file || !account) return;
      const made = await upload(file, account);
      await navigate({ to: "/imports/$id", params: { id: made.id } });
    });
  return (
    <Modal opened={opened} onClose={onClose} size="lg" title={say("start")} closeButtonProps={{ "aria-label": part("close") }}>
      <Stack gap="sm">
        <Select
          label={say("account")}
          description={say("accountHint")}
          data={options}
          searchable
          required
          value={account}
          onChange={setAccount}
          error={accounts.data && options.length === 0 ? say("noAccount") : null}
        />
        <Dropzone onDrop={(files) => setFile(files[0] ?? null)} maxSize={fileMaxBytes} maxFiles={1} inputProps={{ "aria-label": say("file") }} accept={["text/csv", ".csv", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]}>
          <Stack align="center" gap={4} py="lg" style={{ pointerEvents: "none" }}>
            <IconFileSpreadsheet size={30} stroke={1.4} />
            <Text size="sm">{file ? say("chosen", { name: file.name, size: fileSize(file.size, i18n.locale) }) : say("drop")}</Text>
            <Text size="xs" c="dimmed">
              {say(file ? "otherFile" : "dropText")}
            </Text>
          </Stack>
        </Dropzone>
        <ProblemAlert problem={work.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {part("cancel")}
          </Button>
          <Button loading={work.busy} disabled={!file || !account} onClick={() => void send()}>
            {say("upload")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
