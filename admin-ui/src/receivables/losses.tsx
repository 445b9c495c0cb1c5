// What is not expected to come in: percent by age, and the allowance the books hold for it.
import { Button, Group, SimpleGrid, Stack, Table, Text, TextInput } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { Problem } from "../api/types";
import type { ExpectedLoss } from "../api/types_receivables";
import { Amount } from "../parts/amount";
import { useWork } from "../parts/controls";
import { formatNumber, typedDecimal } from "../parts/decimal";
import { ProblemAlert, tell } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { buckets } from "./filters";
import { ReceivableTabs } from "./tabs";
import { receivableWords } from "./words";

export function LossesPage() {
  const say = useWords(receivableWords);
  const loss = api.useQuery("get", "/api/v1/receivables/loss");
  return (
    <Page title={say("title")} text={say("lossText")} width={860}>
      <ReceivableTabs />
      <Loaded of={loss}>
        {(data) => (
          <Stack gap="md">
            <Rates key={data.version} of={data} />
            <Needs of={data} />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Rates({ of }: { of: ExpectedLoss }) {
  const say = useWords(receivableWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const fixed = !useRight()("finance:close");
  const [typed, setTyped] = useState(of.percents.map((percent) => formatNumber(percent, i18n.locale)));
  const work = useWork();
  const percents = typed.map((text) => typedDecimal(text, i18n.locale));
  const save = () =>
    work.run(async () => {
      try {
        await done(http.PUT("/api/v1/receivables/loss", { params: { header: { "If-Match": versionTag(of.version) } }, body: { percents: percents.map((percent) => percent ?? "0") } }));
        tell(say("saved"));
      } catch (refused) {
        if ((refused as Problem).status !== 412) throw refused;
        work.setProblem(refused);
      } finally {
        await refresh("/api/v1/receivables");
      }
    });
  return (
    <Panel title={say("lossRates")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <SimpleGrid cols={{ base: 2, sm: 5 }} spacing="sm">
            {buckets.map((bucket, index) => (
              <TextInput
                key={bucket}
                label={say(bucket)}
                inputMode="decimal"
                rightSection="%"
                disabled={fixed}
                error={percents[index] === null}
                value={typed[index] ?? ""}
                onChange={(event) => setTyped(typed.with(index, event.currentTarget.value))}
              />
            ))}
          </SimpleGrid>
          <ProblemAlert problem={work.problem} />
          {!fixed && (
            <Group justify="flex-end">
              <Button type="submit" loading={work.busy} disabled={percents.includes(null)}>
                {part("save")}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Panel>
  );
}

function Needs({ of }: { of: ExpectedLoss }) {
  const say = useWords(receivableWords);
  const may = useRight();
  const [memo, setMemo] = useState("");
  const work = useWork();
  const post = () =>
    work.run(async () => {
      const { entry_ids } = await done(http.POST("/api/v1/receivables/loss/post", { body: { memo: memo.trim() } }));
      await refresh("/api/v1/receivables", "/api/v1/ledger");
      tell(say("lossPosted", { count: entry_ids.length }));
      setMemo("");
    });
  return (
    <Panel title={say("lossNeeds")}>
      {of.data.length === 0 ? (
        <Text size="sm" c="dimmed">
          {say("noLoss")}
        </Text>
      ) : (
        <Stack gap="md">
          <Table fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th ta="right">{say("needed")}</Table.Th>
                <Table.Th ta="right">{say("held")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {of.data.map(({ needed, held }) => (
                <Table.Tr key={needed.currency} data-loss={needed.currency}>
                  <Table.Td ta="right">
                    <Amount of={needed} strong />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Amount of={held} quietZero />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <ProblemAlert problem={work.problem} />
          {may("finance:post") && (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                void post();
              }}
            >
              <Group align="flex-end" gap="xs">
                <TextInput flex="1 1 220px" label={say("lossMemo")} maxLength={300} value={memo} onChange={(event) => setMemo(event.currentTarget.value)} />
                <Button type="submit" variant="default" loading={work.busy} disabled={!memo.trim()}>
                  {say("lossPost")}
                </Button>
              </Group>
            </form>
          )}
        </Stack>
      )}
    </Panel>
  );
}
