// Vouchers, points, store credit and money on account: the sums beside the books, each claim with what moved it.
import { Anchor, Button, Group, Paper, Select, SimpleGrid, Stack, Table, Text, UnstyledButton } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Fragment, useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http } from "../api/client";
import type { Claim, ClaimKind } from "../api/types_receivables";
import { Amount } from "../parts/amount";
import { MoreButton, ReasonModal } from "../parts/controls";
import { isZero } from "../parts/decimal";
import { Day, Moment } from "../parts/moment";
import { SearchBox } from "../parts/search_box";
import { Empty, Loaded, Page, Panel } from "../parts/section";
import { Wide } from "../parts/wide";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { claimsChanged, EarnPoints, JoinMember } from "./members";
import { MakeClaim } from "./sell";
import { ClaimTabs } from "./tabs";
import { claimWords } from "./words";

const kinds: ClaimKind[] = ["voucher", "points", "store_credit", "on_account"];
const moves = ["voucher_sold", "credit_given", "received_on_account", "sale", "tender", "return", "refund", "reversal", "claim_expired", "claim_points_expired", "claim_points_earned", "claim_points_taken_back"] as const;
const isMove = (kind: string): kind is (typeof moves)[number] => moves.some((each) => each === kind);

export function ClaimsPage() {
  const say = useWords(claimWords);
  const may = useRight();
  const [making, make] = useState<"voucher" | "store_credit" | "member" | null>(null);
  const [kind, setKind] = useState<ClaimKind | null>(null);
  const [text, setText] = useState("");
  const [opened, setOpened] = useState<string | null>(null);
  const claims = api.useInfiniteQuery("get", "/api/v1/claims", { params: { query: { ...(kind && { kind }), ...(text && { text }), limit: 50 } } }, { ...paging, placeholderData: keepPreviousData });
  const buttons = (
    <>
      {may("orders:tender") && (
        <Button variant="default" onClick={() => make("member")}>
          {say("join")}
        </Button>
      )}
      {may("finance:post") && (
        <Button variant="default" onClick={() => make("store_credit")}>
          {say("give")}
        </Button>
      )}
      {may("orders:tender") && (
        <Button leftSection={<IconPlus size={16} />} onClick={() => make("voucher")}>
          {say("sell")}
        </Button>
      )}
    </>
  );
  return (
    <Page title={say("title")} text={say("text")} aside={buttons} width={1000}>
      <ClaimTabs />
      <Stack gap="md">
        <Sums />
        <Group gap="xs" align="flex-end">
          <Select size="xs" w={190} clearable label={say("kind")} placeholder={say("anyKind")} data={kinds.map((value) => ({ value, label: say(value) }))} value={kind} onChange={(value) => setKind(kinds.find((known) => known === value) ?? null)} />
          <SearchBox label={say("search")} value={text} onSearch={(next) => setText(next ?? "")} />
        </Group>
        <Panel flush>
          <Loaded of={claims} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("none")} text={say("noneText")} />}>
            {(data) => (
              <Wide>
                <Table fz="sm" miw={720}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{say("code")}</Table.Th>
                      <Table.Th>{say("kind")}</Table.Th>
                      <Table.Th>{say("expires")}</Table.Th>
                      <Table.Th ta="right">{say("left")}</Table.Th>
                      <Table.Th ta="right">{say("books")}</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {flat(data).map((claim) => (
                      <Row key={claim.id} claim={claim} isOpen={opened === claim.id} onOpen={() => setOpened(opened === claim.id ? null : claim.id)} />
                    ))}
                  </Table.Tbody>
                </Table>
              </Wide>
            )}
          </Loaded>
          <MoreButton of={claims} />
        </Panel>
      </Stack>
      {making === "member" && <JoinMember onClose={() => make(null)} />}
      {(making === "voucher" || making === "store_credit") && <MakeClaim kind={making} onClose={() => make(null)} />}
    </Page>
  );
}

function Sums() {
  const say = useWords(claimWords);
  const sums = api.useQuery("get", "/api/v1/claim-sums");
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }}>
      {(sums.data?.data ?? []).map((sum) => (
        <Paper key={`${sum.kind}/${sum.face.currency}`} p="md" data-kind={sum.kind}>
          <Text size="xs" c="dimmed">
            {say(sum.kind)}
          </Text>
          <Amount of={sum.face} strong />
          <Text size="xs" c="dimmed">
            {say("books")} <Amount of={sum.ledger} /> · {say("inUse", { count: sum.claims })}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}

function Row({ claim, isOpen, onOpen }: { claim: Claim; isOpen: boolean; onOpen: () => void }) {
  const say = useWords(claimWords);
  return (
    <Fragment>
      <Table.Tr data-claim={claim.code}>
        <Table.Td>
          <UnstyledButton aria-expanded={isOpen} onClick={onOpen}>
            <Text size="sm" fw={600}>
              {claim.kind === "on_account" ? (claim.holder ?? claim.code) : claim.code}
            </Text>
          </UnstyledButton>
          <Text size="xs" c="dimmed">
            {claim.kind !== "on_account" && claim.holder}
          </Text>
        </Table.Td>
        <Table.Td>{say(claim.kind)}</Table.Td>
        <Table.Td>{claim.expires_on && <Day of={claim.expires_on} />}</Table.Td>
        <Table.Td ta="right">
          <Amount of={claim.face} quietZero />
          {claim.points && (
            <Text size="xs" c="dimmed">
              {say("pointCount", { points: claim.points })}
            </Text>
          )}
        </Table.Td>
        <Table.Td ta="right">
          <Amount of={claim.balance} quietZero />
        </Table.Td>
      </Table.Tr>
      {isOpen && (
        <Table.Tr>
          <Table.Td colSpan={5}>
            <Movements claim={claim} />
          </Table.Td>
        </Table.Tr>
      )}
    </Fragment>
  );
}

function Movements({ claim }: { claim: Claim }) {
  const say = useWords(claimWords);
  const may = useRight();
  const [ending, setEnding] = useState(false);
  const [earning, setEarning] = useState(false);
  const detail = api.useQuery("get", "/api/v1/claims/{id}", { params: { path: { id: claim.id } } });
  const earns = may("orders:tender") && may("orders:read") && claim.kind === "points";
  const endable = may("finance:post") && claim.kind !== "on_account" && !isZero(claim.face.amount);
  return (
    <Stack gap="xs" py="xs">
      <Loaded of={detail} rows={3}>
        {({ movements }) => (
          <Table fz="sm" verticalSpacing={4}>
            <Table.Tbody>
              {movements.map((movement) => (
                <Table.Tr key={movement.entry_id}>
                  <Table.Td>
                    <Moment at={movement.at} />
                  </Table.Td>
                  <Table.Td>
                    {isMove(movement.kind) ? say(movement.kind) : movement.kind}{" "}
                    {movement.order_id && (
                      <Anchor component={Link} to={`/orders/${movement.order_id}`} size="sm" c="inherit">
                        {`#${movement.order_number}`}
                      </Anchor>
                    )}
                  </Table.Td>
                  <Table.Td ta="right">
                    <Amount of={movement.face} />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Loaded>
      <Group justify="flex-end" gap="xs">
        {earns && (
          <Button size="compact-xs" variant="default" onClick={() => setEarning(true)}>
            {say("earn")}
          </Button>
        )}
        {endable && (
          <Button size="compact-xs" variant="default" onClick={() => setEnding(true)}>
            {say("end")}
          </Button>
        )}
      </Group>
      {earning && <EarnPoints claim={claim} onClose={() => setEarning(false)} />}
      <ReasonModal
        opened={ending}
        onClose={() => setEnding(false)}
        title={say("endTitle", { code: claim.code })}
        text={say("endText")}
        label={say("reason")}
        action={say("end")}
        danger
        onGive={async (reason) => {
          await done(http.POST("/api/v1/claims/{id}/end", { params: { path: { id: claim.id } }, body: { reason } }));
          await claimsChanged();
        }}
      />
    </Stack>
  );
}
