// Closed periods: close through a day, reopen the newest.
import { Button, Group, Paper, Stack, Table, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Period } from "../api/types_ledger";
import { Sure } from "../parts/controls";
import { Day, formatDay, Moment } from "../parts/moment";
import { Loaded, Page, Panel } from "../parts/section";
import { Wide } from "../parts/wide";
import { useActorName } from "../people/actor";
import { useRight, useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import { today } from "./filters";
import { LedgerTabs } from "./tabs";
import { ledgerWords } from "./words";

export function PeriodsPage() {
  const say = useWords(ledgerWords);
  const may = useRight();
  const periods = api.useQuery("get", "/api/v1/ledger/periods");
  return (
    <Page title={say("title")} text={say("periodsText")}>
      <LedgerTabs />
      <Loaded of={periods}>
        {(answer) => (
          <Stack gap="md">
            <Paper p="md">
              <Group justify="space-between" align="flex-end">
                <div>
                  <Text size="xs" c="dimmed">
                    {say("closedThrough")}
                  </Text>
                  <Text fw={600}>{answer.closed_through ? <Day of={answer.closed_through} /> : say("openAll")}</Text>
                </div>
                {may("finance:close") && <Close />}
              </Group>
            </Paper>
            <Closings periods={answer.data} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Close() {
  const say = useWords(ledgerWords);
  const { i18n } = useLingui();
  const zone = useTenantZone();
  const [day, setDay] = useState("");
  return (
    <Sure
      title={say("closeTitle", { day: day ? formatDay(day, i18n.locale) : "" })}
      text={say("closeText")}
      action={say("closeAct")}
      onSure={async () => {
        await done(http.POST("/api/v1/ledger/periods", { body: { through: day } }));
        await refresh("/api/v1/ledger/periods", "/api/v1/ledger/entries", "/api/v1/ledger/trial-balance");
        setDay("");
      }}
    >
      {(ask) => (
        <Group gap="xs" align="flex-end">
          <TextInput type="date" label={say("close")} max={today(zone)} value={day} onChange={(event) => setDay(event.currentTarget.value)} />
          <Button variant="default" disabled={!day} onClick={ask}>
            {say("closeAct")}
          </Button>
        </Group>
      )}
    </Sure>
  );
}

function Closings({ periods }: { periods: Period[] }) {
  const say = useWords(ledgerWords);
  const may = useRight();
  const who = useActorName();
  const { i18n } = useLingui();
  const newest = periods.find((period) => !period.reopened_at);
  return (
    <Panel title={say("periods")} flush>
      {periods.length === 0 ? (
        <Text size="sm" c="dimmed" p="md">
          {say("noPeriods")}
        </Text>
      ) : (
        <Wide>
          <Table fz="sm" miw={620}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{say("through")}</Table.Th>
                <Table.Th>{say("closedAt")}</Table.Th>
                <Table.Th>{say("reopenedAt")}</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {periods.map((period) => (
                <Table.Tr key={period.id}>
                  <Table.Td fw={560}>
                    <Day of={period.through} />
                  </Table.Td>
                  <Table.Td>
                    <Moment at={period.closed_at} /> {say("by", { who: who(period.closed_by) })}
                  </Table.Td>
                  <Table.Td>
                    {period.reopened_at && (
                      <>
                        <Moment at={period.reopened_at} /> {period.reopened_by && say("by", { who: who(period.reopened_by) })}
                      </>
                    )}
                  </Table.Td>
                  <Table.Td ta="right">
                    {period === newest && may("finance:close") && (
                      <Sure
                        title={say("reopenTitle", { day: formatDay(period.through, i18n.locale) })}
                        text={say("reopenText")}
                        action={say("reopen")}
                        onSure={async () => {
                          await done(http.DELETE("/api/v1/ledger/periods/{id}", { params: { path: { id: period.id } } }));
                          await refresh("/api/v1/ledger/periods", "/api/v1/ledger/entries", "/api/v1/ledger/trial-balance");
                        }}
                      >
                        {(ask) => (
                          <Button size="compact-xs" variant="default" onClick={ask}>
                            {say("reopen")}
                          </Button>
                        )}
                      </Sure>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
    </Panel>
  );
}
