// Combinations of payment, delivery and tax invoice that no act of a person may lead to.
import { Button, Group, Modal, Paper, Select, Stack, Table, Text, Textarea } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { DeliveryTrack, InvoiceTrack, PaymentTrack } from "../api/types";
import type { TrackRule } from "../api/types_credit";
import { Sure, useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded, Page } from "../parts/section";
import { TrackBadge, usePair } from "../parts/track_badge";
import { delivery, invoice, payment, type StateLook } from "../parts/tracks";
import { Wide } from "../parts/wide";
import { partWords } from "../parts/words";
import { useActorName } from "../people/actor";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { LimitTabs } from "./tabs";
import { limitWords } from "./words";

export function TrackRulesPage() {
  const say = useWords(limitWords);
  const may = useRight()("roles:manage");
  const [adding, add] = useDisclosure(false);
  const rules = api.useQuery("get", "/api/v1/track-rules");
  const button = may && (
    <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
      {say("forbid")}
    </Button>
  );
  return (
    <Page title={say("tracks")} text={say("tracksText")} aside={button} width={1080}>
      <LimitTabs />
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={rules} isEmpty={({ data }) => data.length === 0} empty={<Empty title={say("noTracks")} text={say("noTracksText")} action={button} />}>
          {({ data }) => (
            <Wide>
              <Table fz="sm" miw={760}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("payment")}</Table.Th>
                    <Table.Th>{say("delivery")}</Table.Th>
                    <Table.Th>{say("invoice")}</Table.Th>
                    <Table.Th>{say("why")}</Table.Th>
                    <Table.Th>{say("made")}</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {data.map((rule) => (
                    <Row key={rule.id} rule={rule} may={may} />
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
      </Paper>
      {adding && <Forbid onClose={add.close} />}
    </Page>
  );
}

function Row({ rule, may }: { rule: TrackRule; may: boolean }) {
  const say = useWords(limitWords);
  const who = useActorName();
  const any = (
    <Text size="sm" c="dimmed">
      {say("anyState")}
    </Text>
  );
  const allow = async () => {
    await done(http.DELETE("/api/v1/track-rules/{id}", { params: { path: { id: rule.id } } }));
    await refresh("/api/v1/track-rules");
  };
  return (
    <Table.Tr data-rule={rule.id}>
      <Table.Td>{rule.payment ? <TrackBadge track="payment" state={rule.payment} /> : any}</Table.Td>
      <Table.Td>{rule.delivery ? <TrackBadge track="delivery" state={rule.delivery} /> : any}</Table.Td>
      <Table.Td>{rule.invoice ? <TrackBadge track="invoice" state={rule.invoice} /> : any}</Table.Td>
      <Table.Td maw={280} style={{ overflowWrap: "anywhere" }}>
        {rule.reason}
      </Table.Td>
      <Table.Td>
        <Moment at={rule.made_at} />
        <Text size="xs" c="dimmed">
          {who(rule.made_by)}
        </Text>
      </Table.Td>
      <Table.Td ta="right">
        {may && (
          <Sure title={say("allowTitle")} text={say("allowText")} action={say("allow")} onSure={allow}>
            {(ask) => (
              <Button size="compact-xs" variant="default" onClick={ask}>
                {say("allow")}
              </Button>
            )}
          </Sure>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function Forbid({ onClose }: { onClose: () => void }) {
  const say = useWords(limitWords);
  const part = useWords(partWords);
  const pair = usePair();
  const [paid, setPaid] = useState<PaymentTrack | null>(null);
  const [sent, setSent] = useState<DeliveryTrack | null>(null);
  const [billed, setBilled] = useState<InvoiceTrack | null>(null);
  const [reason, setReason] = useState("");
  const work = useWork();
  const options = (looks: Record<string, StateLook>) => Object.entries(looks).map(([value, look]) => ({ value, label: pair(look.name) }));
  const named = [paid, sent, billed].filter(Boolean).length;
  const save = () =>
    work.run(async () => {
      const body = { ...(paid && { payment: paid }), ...(sent && { delivery: sent }), ...(billed && { invoice: billed }), reason: reason.trim() };
      await done(http.POST("/api/v1/track-rules", { body }));
      await refresh("/api/v1/track-rules");
      tell(say("forbidden"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={say("forbid")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          <Text size="sm">{say("forbidText")}</Text>
          <Select label={say("payment")} placeholder={say("anyState")} clearable data-autofocus data={options(payment)} value={paid} onChange={(state) => setPaid(state as PaymentTrack | null)} />
          <Select label={say("delivery")} placeholder={say("anyState")} clearable data={options(delivery)} value={sent} onChange={(state) => setSent(state as DeliveryTrack | null)} />
          <Select label={say("invoice")} placeholder={say("anyState")} clearable data={options(invoice)} value={billed} onChange={(state) => setBilled(state as InvoiceTrack | null)} />
          <Textarea label={say("why")} placeholder={say("whyHint")} required autosize minRows={2} maxLength={300} value={reason} onChange={(event) => setReason(event.currentTarget.value)} />
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={named < 2 || !reason.trim()}>
              {say("forbid")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
