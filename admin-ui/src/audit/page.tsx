// The audit log, newest first.
import { Code, Paper, Table, Text } from "@mantine/core";
import { flat, paging } from "../api/call";
import { api } from "../api/client";
import { MoreButton } from "../parts/controls";
import { Moment } from "../parts/moment";
import { Empty, Loaded, Page } from "../parts/section";
import { useActorName } from "../people/actor";
import { useWords } from "../words/catalogue";
import { auditWords } from "./words";
import { Wide } from "../parts/wide";

/** The detail in one line; empty objects say nothing. */
export function detailText(detail: unknown): string {
  if (detail === null || detail === undefined) return "";
  if (typeof detail !== "object") return String(detail);
  return Object.entries(detail)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" · ");
}

export function AuditPage() {
  const say = useWords(auditWords);
  const who = useActorName();
  const entries = api.useInfiniteQuery("get", "/api/v1/audit-log", { params: { query: { limit: 100 } } }, paging);
  return (
    <Page title={say("title")} text={say("text")}>
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={entries} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("none")} />}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={760}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("at")}</Table.Th>
                    <Table.Th>{say("actor")}</Table.Th>
                    <Table.Th>{say("act")}</Table.Th>
                    <Table.Th>{say("subject")}</Table.Th>
                    <Table.Th>{say("detail")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((entry) => (
                    <Table.Tr key={entry.id}>
                      <Table.Td>
                        <Moment at={entry.at} />
                      </Table.Td>
                      <Table.Td>{who(entry.actor)}</Table.Td>
                      <Table.Td>
                        <Code>{entry.act}</Code>
                      </Table.Td>
                      <Table.Td maw={220}>
                        <Text size="sm" truncate title={entry.subject ?? ""}>
                          {entry.subject ?? "–"}
                        </Text>
                      </Table.Td>
                      <Table.Td maw={360}>
                        <Text size="xs" c="dimmed" lineClamp={2} style={{ overflowWrap: "anywhere" }}>
                          {detailText(entry.detail)}
                        </Text>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={entries} />
      </Paper>
    </Page>
  );
}
