// What could not be taken in: look at it, replay it, discard it.
import { Alert, Box, Button, Drawer, Group, Paper, Stack, Table, Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { Quarantined, Reception } from "../api/types_admin";
import { Outcome } from "../channels/hand_in";
import { ChannelName } from "../orders/channels";
import { CodeView } from "../parts/code_view";
import { MoreButton, ReasonModal, useWork } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { Empty, Loaded, Page } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { quarantineWords } from "./words";
import { Wide } from "../parts/wide";

const reasons = ["bad_signature", "malformed", "unsupported", "too_large", "plugin_failed"] as const;
const origins = ["webhook", "fetched", "uploaded"] as const;

function useReason(): (code: string | null) => string {
  const say = useWords(quarantineWords);
  return (code) => {
    const known = reasons.find((reason) => reason === code);
    return known ? say(known) : (code ?? "–");
  };
}

export function QuarantinePage() {
  const say = useWords(quarantineWords);
  const { i18n } = useLingui();
  const reason = useReason();
  const [looking, setLooking] = useState<Quarantined | null>(null);
  const messages = api.useInfiniteQuery("get", "/api/v1/quarantine", { params: { query: { limit: 50 } } }, { ...paging, refetchInterval: 20_000 });
  return (
    <Page title={say("title")} text={say("text")}>
      <Paper style={{ overflow: "hidden" }}>
        <Loaded of={messages} isEmpty={(data) => flat(data).length === 0} empty={<Empty title={say("none")} text={say("noneText")} />}>
          {(data) => (
            <Wide>
              <Table fz="sm" miw={780} highlightOnHover highlightOnHoverColor="var(--hover)">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("received")}</Table.Th>
                    <Table.Th>{say("shop")}</Table.Th>
                    <Table.Th>{say("reason")}</Table.Th>
                    <Table.Th ta="right">{say("size")}</Table.Th>
                    <Table.Th ta="right">{say("deliveries")}</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((message) => (
                    <Table.Tr key={message.id}>
                      <Table.Td>
                        <Moment at={message.received_at} />
                      </Table.Td>
                      <Table.Td>
                        <ChannelName kind={message.channel_account.kind} account={message.channel_account.name} />
                      </Table.Td>
                      <Table.Td maw={420}>
                        <ToneBadge tone="bad">{reason(message.reason_code)}</ToneBadge>
                        <Text size="xs" mt={3} lineClamp={2}>
                          {message.reason}
                        </Text>
                      </Table.Td>
                      <Table.Td ta="right">{formatNumber(message.body_bytes, i18n.locale)}</Table.Td>
                      <Table.Td ta="right">{say("times", { count: message.deliveries })}</Table.Td>
                      <Table.Td ta="right">
                        <Button size="compact-xs" variant="default" onClick={() => setLooking(message)}>
                          {say("look")}
                        </Button>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={messages} />
      </Paper>
      <MessageDrawer message={looking} onClose={() => setLooking(null)} />
    </Page>
  );
}

function MessageDrawer({ message, onClose }: { message: Quarantined | null; onClose: () => void }) {
  const say = useWords(quarantineWords);
  const part = useWords(partWords);
  return (
    <Drawer opened={message !== null} onClose={onClose} position="right" size="lg" title={say("message")} closeButtonProps={{ "aria-label": part("close") }}>
      {message && <Message key={message.id} message={message} onSettled={onClose} />}
    </Drawer>
  );
}

function Message({ message, onSettled }: { message: Quarantined; onSettled: () => void }) {
  const say = useWords(quarantineWords);
  const may = useRight();
  const reason = useReason();
  const path = { id: message.id };
  const whole = api.useQuery("get", "/api/v1/quarantine/{id}", { params: { path } });
  const [discarding, setDiscarding] = useState(false);
  const [outcome, setOutcome] = useState<Reception | null>(null);
  const work = useWork();
  const origin = origins.find((each) => each === message.origin);
  const replay = () =>
    work.run(async () => {
      setOutcome(await done(http.POST("/api/v1/quarantine/{id}/replay", { params: { path } })));
      await refresh("/api/v1/quarantine", "/api/v1/orders", "/api/v1/channel-accounts");
    });
  const settled = outcome !== null && outcome.state !== "quarantined";
  return (
    <Stack gap="md">
      <Box>
        <ChannelName kind={message.channel_account.kind} account={message.channel_account.name} />
        <Text size="xs" c="dimmed" mt={2} component="div">
          <Moment at={message.received_at} /> {`· ${origin ? say(origin) : message.origin} · ${say("bytes", { count: message.body_bytes })}`}
        </Text>
      </Box>
      <Alert color="red" variant="light" title={reason(message.reason_code)}>
        <Text size="sm" c="var(--mantine-color-text)">
          {message.reason}
        </Text>
      </Alert>
      {outcome && <Outcome reception={outcome} />}
      <ProblemAlert problem={work.problem} />
      {may("quarantine:settle") && !settled && (
        <Group gap="xs">
          <Button loading={work.busy} onClick={() => void replay()}>
            {say("replay")}
          </Button>
          <Button variant="default" onClick={() => setDiscarding(true)}>
            {say("discard")}
          </Button>
        </Group>
      )}
      <Loaded of={whole} rows={8}>
        {(data) => (
          <Stack gap="sm">
            <Text size="xs" fw={560} c="dimmed">
              {say("body")}
            </Text>
            {data.cut && (
              <Text size="xs" c="dimmed">
                {say("cut")}
              </Text>
            )}
            <CodeView text={data.body} label={say("body")} />
            <Text size="xs" fw={560} c="dimmed">
              {say("headers")}
            </Text>
            <CodeView text={JSON.stringify(data.headers)} label={say("headers")} height={220} />
          </Stack>
        )}
      </Loaded>
      <ReasonModal
        opened={discarding}
        onClose={() => setDiscarding(false)}
        title={say("discardTitle")}
        text={say("discardText")}
        label={say("why")}
        placeholder={say("whyHint")}
        action={say("discard")}
        danger
        onGive={async (why) => {
          await done(http.POST("/api/v1/quarantine/{id}/discard", { params: { path }, body: { reason: why } }));
          await refresh("/api/v1/quarantine", "/api/v1/channel-accounts");
          tell(say("discarded"));
          onSettled();
        }}
      />
    </Stack>
  );
}
