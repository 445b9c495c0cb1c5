// The statements of a shop: what each pays out, how much of it is explained, and whether the bank has shown it.
import { Button, Group, Paper, Stack, Table, Text, UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { Fragment } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { SettlementStatement } from "../api/types_settlement";
import bank from "../bank/bank.module.css";
import { Amount } from "../parts/amount";
import { MoreButton, useWork } from "../parts/controls";
import { Day, Moment } from "../parts/moment";
import { ProblemAlert } from "../parts/problem";
import { Empty, Loaded } from "../parts/section";
import { Wide } from "../parts/wide";
import { useWords } from "../words/catalogue";
import type { SettlementPlace } from "./filters";
import { StatementLines } from "./lines";
import type { Go } from "./page";
import { settlementWords } from "./words";

export const settlementChanged = () => refresh("/api/v1/settlement", "/api/v1/bank", "/api/v1/ledger", "/api/v1/orders");

export function Statements({ shop, place, go }: { shop: string; place: SettlementPlace; go: Go }) {
  const say = useWords(settlementWords);
  const statements = api.useInfiniteQuery("get", "/api/v1/settlement/statements", { params: { query: { shop, limit: 50 } } }, paging);
  return (
    <Paper style={{ overflow: "hidden" }}>
      <Loaded of={statements} rows={6} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("noStatements")} text={say("noStatementsText")} />}>
        {(data) => (
          <Wide>
            <Table fz="sm" miw={760}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th w={36} />
                  <Table.Th>{say("statement")}</Table.Th>
                  <Table.Th>{say("orders")}</Table.Th>
                  <Table.Th ta="right">{say("unexplained")}</Table.Th>
                  <Table.Th ta="right">{say("payout")}</Table.Th>
                  <Table.Th>{say("state")}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {flat(data).map((statement) => {
                  const isOpen = place.statement === statement.id;
                  return (
                    <Fragment key={statement.id}>
                      <Row statement={statement} isOpen={isOpen} onToggle={() => go({ statement: isOpen ? null : statement.id, lines: null })} />
                      {isOpen && (
                        <Table.Tr className={bank["detail"] ?? ""}>
                          <Table.Td colSpan={6}>
                            <Stack gap="md" p="sm">
                              {!statement.paid && <Payout id={statement.id} />}
                              <StatementLines statement={statement} state={place.lines} go={go} />
                            </Stack>
                          </Table.Td>
                        </Table.Tr>
                      )}
                    </Fragment>
                  );
                })}
              </Table.Tbody>
            </Table>
          </Wide>
        )}
      </Loaded>
      <MoreButton of={statements} />
    </Paper>
  );
}

function Row({ statement, isOpen, onToggle }: { statement: SettlementStatement; isOpen: boolean; onToggle: () => void }) {
  const say = useWords(settlementWords);
  return (
    <Table.Tr data-statement={statement.reference}>
      <Table.Td>
        <UnstyledButton className={bank["chevron"] ?? ""} aria-expanded={isOpen} aria-label={say("show")} onClick={onToggle}>
          <IconChevronRight size={15} />
        </UnstyledButton>
      </Table.Td>
      <Table.Td>
        <Text size="sm" fw={560}>
          {statement.reference}
        </Text>
        <Text size="xs" c="dimmed">
          {say(statement.source === "file" ? "byFile" : "byChannel")} · <Moment at={statement.first_at} />
        </Text>
      </Table.Td>
      <Table.Td>{say("lineCount", { count: statement.orders })}</Table.Td>
      <Table.Td ta="right">
        <Amount of={statement.open} quietZero />
        <Text size="xs" c="dimmed">
          {say("openLines", { count: statement.lines_open + statement.lines_disputed })}
        </Text>
      </Table.Td>
      <Table.Td ta="right">
        <Amount of={statement.payout} strong />
      </Table.Td>
      <Table.Td>
        <Group gap={6} wrap="nowrap">
          <span className={bank["dot"]} data-state={statement.paid ? "matched" : "open"} />
          <Text size="sm">{say(statement.paid ? "inBank" : "notInBank")}</Text>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

/** Which bank line is the payout: only lines of its very amount are offered. */
function Payout({ id }: { id: string }) {
  const say = useWords(settlementWords);
  const statement = api.useQuery("get", "/api/v1/settlement/statements/{id}", { params: { path: { id } } });
  const work = useWork();
  const pay = (line: string, why: string) =>
    work.run(async () => {
      await done(http.POST("/api/v1/settlement/statements/{id}/pay", { params: { path: { id } }, body: { bank_line_id: line, why } }));
      await settlementChanged();
    });
  return (
    <Stack gap={6}>
      <Text size="xs" fw={600}>
        {say("payoutLines")}
      </Text>
      <Loaded of={statement} rows={1} isEmpty={({ bank_lines }) => bank_lines.length === 0} empty={<Text size="sm" c="dimmed">{say("noPayoutLines")}</Text>}>
        {({ bank_lines, actions, reference }) =>
          bank_lines.map((line) => (
            <Group key={line.bank_line_id} gap="md">
              <Text size="sm">
                <Day of={line.booked_on} /> · {line.bank_account}
              </Text>
              <Text size="sm" c="dimmed">
                {line.text ?? line.reference}
              </Text>
              <Amount of={line.amount} fz="sm" />
              {actions.includes("pay") && (
                <Button size="compact-xs" variant="default" loading={work.busy} onClick={() => void pay(line.bank_line_id, say("payoutOf", { name: reference }))}>
                  {say("isIt")}
                </Button>
              )}
            </Group>
          ))
        }
      </Loaded>
      <ProblemAlert problem={work.problem} />
    </Stack>
  );
}
