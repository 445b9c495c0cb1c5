// Every channel account with its health.
import { Anchor, Box, Button, Paper, Table, Text } from "@mantine/core";
import { IconPlugConnected } from "@tabler/icons-react";
import { useLingui } from "@lingui/react";
import { Link, useSearch } from "@tanstack/react-router";
import { flat, paging } from "../api/call";
import { api } from "../api/client";
import { MoreButton } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { Empty, Loaded, Page } from "../parts/section";
import { ChannelMark, useChannelName } from "../orders/channels";
import { CameBack } from "../errands/of_account";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { Health } from "./health";
import { channelWords } from "./words";
import { Wide } from "../parts/wide";

export function ChannelListPage() {
  const say = useWords(channelWords);
  const channel = useChannelName();
  const { i18n } = useLingui();
  const may = useRight();
  const { connected } = useSearch({ strict: false }) as { connected?: string };
  const accounts = api.useInfiniteQuery("get", "/api/v1/channel-accounts", { params: { query: { limit: 50 } } }, { ...paging, refetchInterval: 15_000 });
  const connect = may("channels:manage") && (
    <Button component={Link} to="/channels/connect" leftSection={<IconPlugConnected size={16} />}>
      {say("connect")}
    </Button>
  );
  return (
    <Page title={say("title")} text={say("text")} aside={connect}>
      <CameBack word={connected} />
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={accounts} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("none")} text={say("noneText")} action={connect} />}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={820} highlightOnHover highlightOnHoverColor="var(--hover)">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("name")}</Table.Th>
                    <Table.Th>{say("health")}</Table.Th>
                    <Table.Th ta="right">{say("received")}</Table.Th>
                    <Table.Th ta="right">{say("rejected")}</Table.Th>
                    <Table.Th ta="right">{say("quarantined")}</Table.Th>
                    <Table.Th>{say("last")}</Table.Th>
                    <Table.Th>{say("lastError")}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((account) => (
                    <Table.Tr key={account.id}>
                      <Table.Td>
                        <Box style={{ display: "flex", alignItems: "center", gap: 10 }}>
                          <ChannelMark kind={account.kind} size={12} />
                          <Box miw={0}>
                            <Anchor component={Link} to={`/channels/${account.id}`} size="sm" fw={560} c="var(--mantine-color-text)">
                              {account.name}
                            </Anchor>
                            <Text size="xs" c="dimmed">
                              {[channel(account.kind), account.shop].filter(Boolean).join(" · ")}
                            </Text>
                          </Box>
                        </Box>
                      </Table.Td>
                      <Table.Td>
                        <Health account={account} />
                      </Table.Td>
                      {[account.health.received, account.health.rejected, account.health.quarantined].map((count, index) => (
                        <Table.Td key={index} ta="right" c={count === 0 ? "dimmed" : undefined} style={{ fontVariantNumeric: "tabular-nums" }}>
                          {formatNumber(count, i18n.locale)}
                        </Table.Td>
                      ))}
                      <Table.Td>{account.health.last_received_at ? <Moment at={account.health.last_received_at} age /> : <Text size="sm" c="dimmed">{say("never")}</Text>}</Table.Td>
                      <Table.Td maw={280}>
                        <Text size="xs" lineClamp={2} c={account.health.last_error ? undefined : "dimmed"}>
                          {account.health.last_error ?? "–"}
                        </Text>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={accounts} />
      </Paper>
    </Page>
  );
}
