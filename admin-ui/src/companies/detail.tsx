// One company: how its credit is used, what it owes, and on which terms it buys.
import { Anchor, Box, Button, Grid, Group, Stack, Table, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Link, useParams } from "@tanstack/react-router";
import { api } from "../api/client";
import type { Problem } from "../api/types";
import type { CompanyDetail } from "../api/types_credit";
import { Back } from "../parts/back";
import { Amount } from "../parts/amount";
import { Day, Moment } from "../parts/moment";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { ToneBadge, TrackBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { ExposureView } from "./exposure";
import { CompanyModal } from "./form";
import { dueFromWord, statusTone, useTermsText } from "./terms";
import { companyListWords } from "./words";

export function CompanyDetailPage() {
  const say = useWords(companyListWords);
  const { id } = useParams({ strict: false });
  const company = api.useQuery("get", "/api/v1/companies/{id}", { params: { path: { id: id ?? "" } } }, { refetchInterval: 20_000 });
  const gone = (company.error as Problem | null)?.status === 404;
  return (
    <Box>
      <Back to="/companies">{say("all")}</Back>
      {gone ? <Empty whole title={say("gone")} /> : <Loaded of={company} rows={10}>{(data) => <Whole company={data} />}</Loaded>}
    </Box>
  );
}

function Whole({ company }: { company: CompanyDetail }) {
  const say = useWords(companyListWords);
  const may = useRight();
  const [editing, edit] = useDisclosure(false);
  return (
    <Page
      title={company.name}
      {...(company.tax_code && { text: `${say("taxCode")} ${company.tax_code}` })}
      aside={
        <>
          <ToneBadge tone={statusTone[company.status] ?? "quiet"}>{say(company.status)}</ToneBadge>
          {may("companies:manage") && (
            <Button variant="default" onClick={edit.open}>
              {say("edit")}
            </Button>
          )}
        </>
      }
    >
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <OpenOrders company={company} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack gap="md">
            <Panel title={say("exposure")}>
              <ExposureView of={company.exposure} />
            </Panel>
            <About company={company} />
          </Stack>
        </Grid.Col>
      </Grid>
      {editing && <CompanyModal company={company} onClose={edit.close} />}
    </Page>
  );
}

function OpenOrders({ company }: { company: CompanyDetail }) {
  const say = useWords(companyListWords);
  const may = useRight();
  return (
    <Panel
      title={say("openOrders")}
      flush
      aside={
        may("orders:read") && (
          <Group gap="sm">
            <Anchor component={Link} to={`/holds?company=${company.id}`} size="xs">
              {say("holdsOf")}
            </Anchor>
          </Group>
        )
      }
    >
      {company.open_orders.length === 0 ? (
        <Text size="sm" c="dimmed" p="md">
          {say("noOpen")}
        </Text>
      ) : (
        <Wide>
          <Table fz="sm" miw={720} highlightOnHover highlightOnHoverColor="var(--hover)">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{say("order")}</Table.Th>
                <Table.Th>{say("placed")}</Table.Th>
                <Table.Th ta="right">{say("total")}</Table.Th>
                <Table.Th ta="right">{say("outstanding")}</Table.Th>
                <Table.Th>{say("due")}</Table.Th>
                <Table.Th>{say("state")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {company.open_orders.map((order) => (
                <Table.Tr key={order.id}>
                  <Table.Td>
                    <Anchor component={Link} to={`/orders/${order.id}`} size="sm" fw={600} c="inherit">
                      {`#${order.number}`}
                    </Anchor>
                  </Table.Td>
                  <Table.Td>
                    <Moment at={order.placed_at} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Amount of={order.total} />
                  </Table.Td>
                  <Table.Td ta="right">
                    <Amount of={order.outstanding} quietZero strong />
                  </Table.Td>
                  <Table.Td>
                    <Day of={order.due_on} />
                  </Table.Td>
                  <Table.Td>
                    <Group gap={6}>
                      {order.holds.map((hold) => (
                        <TrackBadge key={hold} track="hold" state={hold} />
                      ))}
                      <TrackBadge track="delivery" state={order.delivery_track} />
                      {!order.confirmed_at && <ToneBadge tone="wait">{say("unconfirmed")}</ToneBadge>}
                    </Group>
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

function About({ company }: { company: CompanyDetail }) {
  const say = useWords(companyListWords);
  const termsText = useTermsText();
  return (
    <Panel title={say("facts")}>
      <Stack gap="sm">
        <Fact label={say("terms")}>{`${termsText(company.terms)} · ${say("dueFrom").toLowerCase()} ${say(dueFromWord[company.due_from])}`}</Fact>
        {company.parent && (
          <Fact label={say("parent")}>
            <Anchor component={Link} to={`/companies/${company.parent.id}`} size="sm">
              {company.parent.name}
            </Anchor>
          </Fact>
        )}
        {company.members.length > 0 && (
          <Fact label={say("members")}>
            <Stack gap={2}>
              {company.members.map((member) => (
                <Anchor key={member.id} component={Link} to={`/companies/${member.id}`} size="sm">
                  {member.name}
                </Anchor>
              ))}
            </Stack>
          </Fact>
        )}
        <Fact label={say("since")}>
          <Day of={company.since} />
        </Fact>
        {company.note && <Fact label={say("note")}>{company.note}</Fact>}
      </Stack>
    </Panel>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Box>
      <Text size="xs" c="dimmed" mb={2}>
        {label}
      </Text>
      <Text size="sm" component="div" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {children}
      </Text>
    </Box>
  );
}
