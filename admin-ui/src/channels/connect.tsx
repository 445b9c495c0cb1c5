// The wizard: choose a channel, fill in what its connector asks for, copy the webhook address.
import { Anchor, Box, Button, Group, Paper, PasswordInput, SimpleGrid, Stack, Text, TextInput, Title, UnstyledButton } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck, IconChevronLeft } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import type { ChannelKind, Problem } from "../api/types";
import type { ChannelAccount, Connector } from "../api/types_admin";
import { Copyable, useWork } from "../parts/controls";
import { fieldErrors, ProblemAlert } from "../parts/problem";
import { Loaded, Page, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { ChannelMark, useChannelName } from "../orders/channels";
import { useSession } from "../session/session";
import { neededRule } from "../session/rules";
import { sessionWords } from "../session/words";
import { useWords } from "../words/catalogue";
import styles from "./connect.module.css";
import { channelWords } from "./words";

const own: ChannelKind[] = ["web", "app", "chat", "pos", "manual", "api", "import"];

export function ConnectPage() {
  const say = useWords(channelWords);
  const connectors = api.useQuery("get", "/api/v1/connectors");
  const [chosen, setChosen] = useState<Connector | null>(null);
  const [made, setMade] = useState<ChannelAccount | null>(null);
  return (
    <Page title={say("connect")} width={860}>
      {made ? (
        <Made account={made} />
      ) : chosen ? (
        <ConnectForm connector={chosen} onBack={() => setChosen(null)} onMade={setMade} />
      ) : (
        <Loaded of={connectors}>{(answer) => <Choose connectors={answer.data} onChoose={setChosen} />}</Loaded>
      )}
    </Page>
  );
}

function Choose({ connectors, onChoose }: { connectors: Connector[]; onChoose: (connector: Connector) => void }) {
  const say = useWords(channelWords);
  const channel = useChannelName();
  const withConnector = connectors.filter((connector) => connector.connector !== null);
  const withNone = connectors.filter((connector) => connector.connector === null);
  const listed = new Set(withNone.map((connector) => connector.kind));
  const plain = [
    ...withNone,
    ...own.filter((kind) => !listed.has(kind)).map((kind): Connector => ({ kind, connector: null, name: channel(kind), settings: [], secrets: [], hosts: [] })),
  ];
  const card = (connector: Connector, text: string) => (
    <UnstyledButton key={connector.connector ?? connector.kind} className={styles["card"] ?? ""} onClick={() => onChoose(connector)}>
      <ChannelMark kind={connector.kind} size={26} />
      <Box miw={0}>
        <Text fw={600} size="sm">
          {connector.connector ? connector.name : channel(connector.kind)}
        </Text>
        <Text size="xs" c="dimmed" lineClamp={2}>
          {text}
        </Text>
      </Box>
    </UnstyledButton>
  );
  return (
    <Stack gap="lg">
      <Box>
        <Title order={2} mb={8}>
          {say("chooseText")}
        </Title>
        <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }} spacing="sm">
          {withConnector.map((connector) => card(connector, reached(connector, say("ownHost"))))}
        </SimpleGrid>
      </Box>
      <Box>
        <Title order={2} mb={8}>
          {say("chooseOwn")}
        </Title>
        <SimpleGrid cols={{ base: 1, xs: 2, sm: 3 }} spacing="sm">
          {plain.map((connector) => card(connector, say("ownText")))}
        </SimpleGrid>
      </Box>
    </Stack>
  );
}

/** The hosts a connector calls; `{setting}` is the shop's own. */
const reached = (connector: Connector, own: string) => connector.hosts.map((host) => (host.startsWith("{") ? own : host)).join(", ");

type FormProps = { connector: Connector; onBack: () => void; onMade: (account: ChannelAccount) => void };

function ConnectForm({ connector, onBack, onMade }: FormProps) {
  const say = useWords(channelWords);
  const part = useWords(partWords);
  const needed = neededRule(useWords(sessionWords));
  const channel = useChannelName();
  const tenant = useSession()?.tenant;
  const work = useWork();
  const asks = (list: { required: boolean }[], names: string[]) =>
    Object.fromEntries(names.map((name, index) => [name, list[index]?.required ? needed : () => null]));
  const settingKeys = connector.settings.map((setting) => setting.key);
  const secretNames = connector.secrets.map((secret) => secret.name);
  const blank = (names: string[]) => Object.fromEntries(names.map((name) => [name, ""]));
  const form = useForm({
    initialValues: {
      name: "",
      shop: "",
      currency: tenant?.currency ?? "",
      settings: blank(settingKeys),
      secrets: blank(secretNames),
    },
    validate: { name: needed, settings: asks(connector.settings, settingKeys), secrets: asks(connector.secrets, secretNames) },
  });
  const filled = (values: Record<string, string>) => Object.fromEntries(Object.entries(values).filter(([, value]) => value.trim() !== ""));
  const create = form.onSubmit((values) =>
    work.run(async () => {
      try {
        const account = await done(
          http.POST("/api/v1/channel-accounts", {
            body: {
              kind: connector.kind,
              ...(connector.connector && { connector: connector.connector }),
              name: values.name.trim(),
              ...(values.shop.trim() && { shop: values.shop.trim() }),
              ...(values.currency.trim() && { currency: values.currency.trim().toUpperCase() }),
              settings: filled(values.settings),
              secrets: filled(values.secrets),
            },
          }),
        );
        await refresh("/api/v1/channel-accounts");
        onMade(account);
      } catch (problem) {
        form.setErrors(fieldErrors(problem as Problem));
        throw problem;
      }
    }),
  );
  const hasConnector = connector.connector !== null;
  return (
    <Panel>
      <Anchor component="button" size="sm" c="dimmed" onClick={onBack} mb="sm">
        <Group gap={2} component="span">
          <IconChevronLeft size={15} />
          {part("back")}
        </Group>
      </Anchor>
      <Group gap="sm" mb="md">
        <ChannelMark kind={connector.kind} size={22} />
        <Title order={2}>{say("connectTitle", { channel: connector.connector ? connector.name : channel(connector.kind) })}</Title>
      </Group>
      <form onSubmit={create} noValidate>
        <Stack gap="sm" maw={520}>
          <TextInput label={say("accountName")} required maxLength={120} data-autofocus {...form.getInputProps("name")} />
          <Group grow align="flex-start">
            {hasConnector && <TextInput label={say("accountShop")} description={say("shopHint")} maxLength={120} {...form.getInputProps("shop")} />}
            <TextInput label={say("currency")} description={say("currencyHint")} maxLength={3} {...form.getInputProps("currency")} />
          </Group>
          {connector.settings.map((setting) => (
            <TextInput key={setting.key} label={setting.title} required={setting.required} {...form.getInputProps(`settings.${setting.key}`)} />
          ))}
          {connector.secrets.length > 0 && (
            <Box mt="xs">
              <Text fw={600} size="sm">
                {say("secrets")}
              </Text>
              <Text size="xs" c="dimmed">
                {say("secretsText")}
              </Text>
            </Box>
          )}
          {connector.secrets.map((secret) => (
            <PasswordInput key={secret.name} label={secret.title} required={secret.required} autoComplete="off" {...form.getInputProps(`secrets.${secret.name}`)} />
          ))}
          {connector.hosts.length > 0 && (
            <Text size="xs" c="dimmed">
              {say("reaches", { hosts: reached(connector, say("ownHost")) })}
            </Text>
          )}
          <ProblemAlert problem={work.problem} />
          <Group>
            <Button type="submit" loading={work.busy}>
              {say("create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}

function Made({ account }: { account: ChannelAccount }) {
  const say = useWords(channelWords);
  return (
    <Paper p="lg">
      <Stack gap="md" align="flex-start">
        <Group gap="sm">
          <IconCheck color="var(--mantine-color-teal-6)" />
          <Title order={2}>{say("done", { name: account.name })}</Title>
        </Group>
        <Text size="sm">{say(account.hook_url ? "doneText" : "doneOwn")}</Text>
        <Box>
          <Text size="xs" c="dimmed" mb={4}>
            {say(account.hook_url ? "hook" : "accountId")}
          </Text>
          <Copyable text={account.hook_url ?? account.id} />
        </Box>
        <Group gap="xs">
          <Button component={Link} to={`/channels/${account.id}`}>
            {say("toAccount")}
          </Button>
          <Button component={Link} to={account.hook_url ? "/orders" : "/api-keys"} variant="default">
            {say(account.hook_url ? "toOrders" : "makeKey")}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}
