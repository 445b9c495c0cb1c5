// One channel account: health, webhook address, settings, secrets, hand-in.
import { Alert, Anchor, Box, Button, Grid, Group, Stack, Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { ChannelAccount } from "../api/types_admin";
import { Back } from "../parts/back";
import { Copyable, Sure, useWork } from "../parts/controls";
import { formatNumber } from "../parts/decimal";
import { Moment } from "../parts/moment";
import { tellProblem } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { ChannelMark, useChannelName } from "../orders/channels";
import { Access, AccountErrands, CameBack } from "../errands/of_account";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { Backfills } from "./backfill";
import { HandIn } from "./hand_in";
import { Health } from "./health";
import { Secrets } from "./secrets";
import { Settings } from "./settings";
import { channelWords } from "./words";

export function ChannelAccountPage() {
  const say = useWords(channelWords);
  const { id } = useParams({ strict: false });
  const account = api.useQuery("get", "/api/v1/channel-accounts/{id}", { params: { path: { id: id ?? "" } } }, { refetchInterval: 15_000 });
  return (
    <Box>
      <Back to="/channels">{say("all")}</Back>
      <Loaded of={account} rows={10}>
        {(data) => <Account account={data} />}
      </Loaded>
    </Box>
  );
}

function Account({ account }: { account: ChannelAccount }) {
  const say = useWords(channelWords);
  const channel = useChannelName();
  const may = useRight();
  const manages = may("channels:manage") && account.state !== "disconnected";
  const { connected } = useSearch({ strict: false }) as { connected?: string };
  return (
    <Page
      title={
        <Group gap={10} component="span" display="inline-flex">
          <ChannelMark kind={account.kind} size={18} />
          {account.name}
        </Group>
      }
      text={[channel(account.kind), account.shop, account.currency].filter(Boolean).join(" · ")}
      aside={manages && <Actions account={account} />}
    >
      <CameBack word={connected} />
      {account.state === "paused" && (
        <Alert color="yellow" variant="light" mb="md">
          <Text size="sm" c="var(--mantine-color-text)">
            {account.state_reason ?? say("pausedText")}
          </Text>
        </Alert>
      )}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Stack gap="md">
            <HealthPanel account={account} />
            <AccountErrands account={account} />
            {account.keeps_the_past && <Backfills account={account} manages={manages} />}
            {account.hook_url && <Hook account={account} manages={manages} />}
            {may("quarantine:settle") && account.installation_id && account.state !== "disconnected" && <HandIn account={account} />}
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Stack gap="md">
            <Settings key={account.id} account={account} manages={manages} />
            <Access account={account} manages={manages} />
            <Secrets account={account} manages={manages} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function Actions({ account }: { account: ChannelAccount }) {
  const say = useWords(channelWords);
  const navigate = useNavigate();
  const path = { id: account.id };
  const work = useWork();
  const paused = account.state === "paused";
  const turn = () =>
    work.run(async () => {
      try {
        await done(http.PATCH("/api/v1/channel-accounts/{id}", { params: { path }, body: { state: paused ? "active" : "paused" } }));
        await refresh("/api/v1/channel-accounts");
      } catch (problem) {
        tellProblem(problem);
      }
    });
  return (
    <>
      <Button variant="default" loading={work.busy} onClick={() => void turn()}>
        {say(paused ? "resume" : "pause")}
      </Button>
      <Sure
        title={say("disconnectTitle", { name: account.name })}
        text={say("disconnectText")}
        action={say("disconnect")}
        onSure={async () => {
          await done(http.DELETE("/api/v1/channel-accounts/{id}", { params: { path } }));
          await navigate({ to: "/channels" });
          await refresh("/api/v1/channel-accounts");
        }}
      >
        {(ask) => (
          <Button variant="default" c="var(--mantine-color-error)" onClick={ask}>
            {say("disconnect")}
          </Button>
        )}
      </Sure>
    </>
  );
}

function HealthPanel({ account }: { account: ChannelAccount }) {
  const say = useWords(channelWords);
  const { i18n } = useLingui();
  const { health } = account;
  const number = (of: number) => formatNumber(of, i18n.locale);
  return (
    <Panel title={say("health")} aside={<Health account={account} />}>
      <Group gap="xl" mb={health.last_error ? "md" : 0}>
        <Figure label={say("received")}>{number(health.received)}</Figure>
        <Figure label={say("rejected")}>{number(health.rejected)}</Figure>
        <Figure label={say("quarantined")}>
          {health.quarantined > 0 ? (
            <Anchor component={Link} to="/quarantine" inherit>
              {number(health.quarantined)}
            </Anchor>
          ) : (
            number(0)
          )}
        </Figure>
        <Figure label={say("pending")}>{number(health.pending_fetches)}</Figure>
        <Figure label={say("last")}>{health.last_received_at ? <Moment at={health.last_received_at} age /> : say("never")}</Figure>
      </Group>
      {health.last_error && (
        <Box mb="sm">
          <Text size="xs" c="dimmed">
            {say("lastError")} {"· "}
            <Moment at={health.last_error_at} />
          </Text>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {health.last_error}
          </Text>
        </Box>
      )}
      <Anchor renderRoot={(props) => <Link to="/orders" search={{ account: account.id }} {...props} />} size="sm">
        {say("ordersOf")}
      </Anchor>
    </Panel>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Box>
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="lg" fw={600} style={{ fontVariantNumeric: "tabular-nums" }} component="div">
        {children}
      </Text>
    </Box>
  );
}

function Hook({ account, manages }: { account: ChannelAccount; manages: boolean }) {
  const say = useWords(channelWords);
  return (
    <Panel
      title={say("hook")}
      aside={
        manages && (
          <Sure
            title={say("rotateTitle")}
            text={say("rotateText")}
            action={say("rotate")}
            onSure={async () => {
              await done(http.POST("/api/v1/channel-accounts/{id}/hook/rotate", { params: { path: { id: account.id } } }));
              await refresh("/api/v1/channel-accounts");
            }}
          >
            {(ask) => (
              <Button size="compact-xs" variant="default" onClick={ask}>
                {say("rotate")}
              </Button>
            )}
          </Sure>
        )
      }
    >
      <Copyable text={account.hook_url ?? ""} />
    </Panel>
  );
}
