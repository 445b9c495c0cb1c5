// Drawers with their open shifts, and all shifts; one that is opened shows its report.
import { Button, Group, Modal, Paper, Stack, Table, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { Fragment, useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Drawer, Shift } from "../api/types_receivables";
import { Amount } from "../parts/amount";
import { MoreButton, useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { useRight } from "../session/session";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { CountModal } from "./count";
import { Report } from "./report";
import { shiftWords } from "./words";

export function ShiftsPage() {
  const say = useWords(shiftWords);
  const may = useRight();
  const [adding, add] = useDisclosure(false);
  const drawers = api.useQuery("get", "/api/v1/drawers");
  const button = may("drawers:manage") && (
    <Button variant="default" leftSection={<IconPlus size={16} />} onClick={add.open}>
      {say("addDrawer")}
    </Button>
  );
  return (
    <Page title={say("title")} text={say("text")} aside={button} width={1000}>
      <Loaded of={drawers} isEmpty={({ data }) => data.length === 0} empty={<Paper><Empty title={say("noDrawers")} text={say("noDrawersText")} action={button} /></Paper>}>
        {({ data }) => (
          <Stack gap="md">
            <Drawers drawers={data} />
            <Shifts />
          </Stack>
        )}
      </Loaded>
      <AddDrawer opened={adding} onClose={add.close} />
    </Page>
  );
}

function Drawers({ drawers }: { drawers: Drawer[] }) {
  const say = useWords(shiftWords);
  const [opening, setOpening] = useState<Drawer | null>(null);
  const [closing, setClosing] = useState<Drawer | null>(null);
  return (
    <Panel title={say("drawers")} flush>
      <Wide>
        <Table fz="sm" miw={560}>
          <Table.Tbody>
            {drawers.map((drawer) => (
              <Table.Tr key={drawer.id} data-drawer={drawer.name}>
                <Table.Td>
                  <Text size="sm" fw={600}>
                    {drawer.name}
                  </Text>
                  <Text size="xs" c="dimmed">
                    {drawer.branch}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <ToneBadge tone={drawer.open_shift_id ? "good" : "quiet"}>{say(drawer.open_shift_id ? "open" : "closed")}</ToneBadge>
                </Table.Td>
                <Table.Td ta="right">
                  {drawer.open_shift_id ? (
                    <Button size="compact-sm" onClick={() => setClosing(drawer)}>
                      {say("closeShift")}
                    </Button>
                  ) : (
                    <Button size="compact-sm" variant="default" onClick={() => setOpening(drawer)}>
                      {say("openShift")}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      {opening && (
        <CountModal
          title={`${say("openShift")}: ${opening.name}`}
          label={say("float")}
          action={say("openShift")}
          currency={opening.currency}
          onClose={() => setOpening(null)}
          onCount={async (float, _note, key) => {
            await done(http.POST("/api/v1/shifts", { params: { header: { "Idempotency-Key": key } }, body: { drawer_id: opening.id, float } }));
          }}
        />
      )}
      {closing?.open_shift_id && (
        <CountModal
          title={`${say("closeShift")}: ${closing.name}`}
          label={say("counted")}
          action={say("closeShift")}
          currency={closing.currency}
          withNote
          onClose={() => setClosing(null)}
          onCount={async (counted, note, key) => {
            await done(http.POST("/api/v1/shifts/{id}/close", { params: { path: { id: closing.open_shift_id ?? "" }, header: { "Idempotency-Key": key } }, body: { counted, ...(note && { note }) } }));
          }}
        />
      )}
    </Panel>
  );
}

function Shifts() {
  const say = useWords(shiftWords);
  const [opened, setOpened] = useState<string | null>(null);
  const shifts = api.useInfiniteQuery("get", "/api/v1/shifts", { params: { query: { limit: 50 } } }, paging);
  return (
    <Panel title={say("shifts")} flush>
      <Loaded of={shifts} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("noShifts")} />}>
        {(data) => (
          <Wide>
            <Table fz="sm" miw={720}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{say("drawer")}</Table.Th>
                  <Table.Th>{say("opened")}</Table.Th>
                  <Table.Th>{say("closedAt")}</Table.Th>
                  <Table.Th ta="right">{say("expected")}</Table.Th>
                  <Table.Th ta="right">{say("counted")}</Table.Th>
                  <Table.Th ta="right">{say("difference")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {flat(data).map((shift: Shift) => (
                  <Fragment key={shift.id}>
                    <Table.Tr data-shift={shift.state}>
                      <Table.Td>
                        <UnstyledButton aria-expanded={opened === shift.id} onClick={() => setOpened(opened === shift.id ? null : shift.id)}>
                          <Text size="sm" fw={600}>
                            {shift.drawer}
                          </Text>
                        </UnstyledButton>
                      </Table.Td>
                      <Table.Td>
                        <Moment at={shift.opened_at} />
                      </Table.Td>
                      <Table.Td>{shift.closed_at ? <Moment at={shift.closed_at} /> : say("open")}</Table.Td>
                      <Table.Td ta="right">
                        <Amount of={shift.expected} />
                      </Table.Td>
                      <Table.Td ta="right">
                        <Amount of={shift.counted} />
                      </Table.Td>
                      <Table.Td ta="right">
                        <Amount of={shift.difference} quietZero />
                      </Table.Td>
                    </Table.Tr>
                    {opened === shift.id && (
                      <Table.Tr>
                        <Table.Td colSpan={6}>
                          <Report id={shift.id} />
                        </Table.Td>
                      </Table.Tr>
                    )}
                  </Fragment>
                ))}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
      <MoreButton of={shifts} />
    </Panel>
  );
}

function AddDrawer({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const say = useWords(shiftWords);
  const part = useWords(partWords);
  const [name, setName] = useState("");
  const [branch, setBranch] = useState("");
  const work = useWork();
  return (
    <Modal opened={opened} onClose={onClose} title={say("addDrawer")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void work.run(async () => {
            await done(http.POST("/api/v1/drawers", { body: { name, ...(branch.trim() && { branch }) } }));
            await refresh("/api/v1/drawers");
            setName("");
            setBranch("");
            onClose();
          });
        }}
      >
        <Stack gap="sm">
          <TextInput label={say("name")} required data-autofocus value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <TextInput label={say("branch")} value={branch} onChange={(event) => setBranch(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end">
            <Button type="submit" loading={work.busy} disabled={!name.trim()}>
              {say("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
