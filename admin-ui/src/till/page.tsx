// The till: where and into which drawer is sold, the basket, the payment, the receipt. A sale is sent once.
import { Alert, Badge, Box, Button, Group, Paper, Select, Stack, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { IconCashRegister } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { done } from "../api/call";
import { api, http, refresh } from "../api/client";
import { onceKey } from "../api/once";
import type { Problem } from "../api/types";
import type { ChannelAccount } from "../api/types_admin";
import type { Drawer } from "../api/types_receivables";
import { useWork } from "../parts/controls";
import { Empty, Loaded } from "../parts/section";
import { useSession } from "../session/session";
import { CountModal } from "../shifts/count";
import { useWords } from "../words/catalogue";
import { nextSale } from "./keep";
import { Lines } from "./lines";
import { Pay } from "./pay";
import { refusedAt } from "./refused";
import { type Item, newLines, withItem } from "./sale";
import { Scan } from "./scan";
import { Sold } from "./sold";
import { Summary } from "./summary";
import { newTenders, settled } from "./tenders";
import styles from "./till.module.css";
import { type Change, useKept, useSums } from "./use_till";
import { tillWords } from "./words";

export function TillPage() {
  const say = useWords(tillWords);
  const accounts = api.useQuery("get", "/api/v1/channel-accounts", { params: { query: { limit: 200 } } });
  const drawers = api.useQuery("get", "/api/v1/drawers");
  return (
    <Box maw={1280} mx="auto" px={{ base: "sm", sm: "lg" }} py="md">
      <Loaded of={accounts}>
        {({ data }) => {
          const open = data.filter(({ kind, state }) => kind === "pos" && state === "active");
          if (open.length === 0) {
            const connect = (
              <Button component={Link} to="/channels/connect">
                {say("connect")}
              </Button>
            );
            return <Paper><Empty whole title={say("noAccount")} text={say("noAccountText")} action={connect} /></Paper>;
          }
          return (
            <Loaded of={drawers}>
              {({ data: all }) =>
                all.length === 0 ? (
                  <Paper>
                    <Empty
                      whole
                      title={say("noDrawer")}
                      text={say("noDrawerText")}
                      action={
                        <Button component={Link} to="/shifts">
                          {say("toShifts")}
                        </Button>
                      }
                    />
                  </Paper>
                ) : (
                  <Till accounts={open} drawers={all} />
                )
              }
            </Loaded>
          );
        }}
      </Loaded>
    </Box>
  );
}

function Till({ accounts, drawers }: { accounts: ChannelAccount[]; drawers: Drawer[] }) {
  const say = useWords(tillWords);
  const { i18n } = useLingui();
  const session = useSession();
  const [kept, change] = useKept();
  const [editing, setEditing] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const work = useWork();
  const account = accounts.find(({ id }) => id === kept.account) ?? accounts[0];
  const drawer = drawers.find(({ id }) => id === kept.drawer) ?? drawers[0];
  const currency = account?.currency ?? session?.tenant?.currency ?? "VND";
  const sums = useSums(kept, currency);
  const otherCurrency = drawer !== undefined && drawer.currency !== currency;
  const ready = kept.lines.length > 0 && Object.keys(sums.wrong).length === 0 && !!drawer?.open_shift_id && !otherCurrency;
  const paying = kept.paying && ready;
  const { sent, from } = newTenders(sums.total, kept.tenders, drawer?.id ?? "", i18n.locale);
  const problem = work.problem as Problem | null;
  const refused = refusedAt(problem, kept.lines.map(({ id }) => id), from);
  const apart = refused.rest || refused.phone !== null || Object.keys(refused.lines).length > 0;

  const pay = () => ready && !kept.finished && change({ paying: true });
  const search = () => field.current?.focus();
  useHotkeys([["F2", search], ["F4", pay]], []);

  const add = (item: Item) => {
    const id = onceKey();
    change(({ lines }) => ({ lines: withItem(lines, item, id, i18n.locale) }));
    if (item.breaks.length === 0 && !kept.lines.some(({ sku }) => sku !== null && sku === item.sku)) setEditing(id);
  };
  const begin = () => {
    work.setProblem(null);
    change((before) => nextSale(before));
    // The field is there when the basket is drawn.
    requestAnimationFrame(search);
  };
  const sell = () =>
    work.run(async () => {
      if (!account || !drawer) return;
      const { given, change: back } = settled(sums.total, kept.tenders, i18n.locale);
      const phone = kept.phone.trim();
      try {
        const order = await done(
          http.POST("/api/v1/orders", {
            params: { header: { "Idempotency-Key": kept.key } },
            body: {
              channel_account_id: account.id,
              currency,
              segment: "b2c",
              ...(phone && { buyer: { phone } }),
              staff: session?.person.name ?? "",
              ...(drawer.branch && { branch: drawer.branch }),
              lines: newLines(kept.lines, sums),
              tenders: sent,
              stated_total: sums.total,
            },
          }),
        );
        change({ paying: false, finished: { order: order.id, given, change: back } });
        void refresh("/api/v1/orders", "/api/v1/drawers", "/api/v1/shifts", "/api/v1/claims", "/api/v1/ledger");
      } catch (refusal) {
        if ((refusal as Problem).code === "no_shift") void refresh("/api/v1/drawers");
        throw refusal;
      }
    });

  if (kept.finished) return <Sold finished={kept.finished} onNext={begin} />;
  return (
    <Stack gap="md">
      <Head accounts={accounts} drawers={drawers} account={account} drawer={drawer} change={change} />
      {otherCurrency && <Alert color="red">{say("otherCurrency", { drawer: drawer.currency, account: currency })}</Alert>}
      {drawer && !drawer.open_shift_id && <OpenShift drawer={drawer} />}
      <div className={styles["board"]}>
        <Stack gap="md">
          <Scan currency={currency} field={field} onItem={add} />
          <Lines
            lines={kept.lines}
            sums={sums}
            currency={currency}
            refused={refused.lines}
            editing={editing}
            onEdit={(id) => {
              setEditing(id);
              if (id === null) requestAnimationFrame(search);
            }}
            onChange={(lines) => change({ lines })}
          />
        </Stack>
        <div className={styles["side"]}>
          <Summary kept={kept} sums={sums} currency={currency} ready={ready} phoneWrong={refused.phone} change={change} onPay={pay} onClear={begin} />
        </div>
      </div>
      {paying && (
        <Pay
          total={sums.total}
          currency={currency}
          tenders={kept.tenders}
          busy={work.busy}
          problem={problem}
          apart={apart}
          refused={refused.tenders}
          onChange={(tenders) => change({ tenders })}
          onSell={() => void sell()}
          onClose={() => {
            change({ paying: false });
            requestAnimationFrame(search);
          }}
        />
      )}
    </Stack>
  );
}

type HeadProps = { accounts: ChannelAccount[]; drawers: Drawer[]; account: ChannelAccount | undefined; drawer: Drawer | undefined; change: Change };

function Head({ accounts, drawers, account, drawer, change }: HeadProps) {
  const say = useWords(tillWords);
  return (
    <Group justify="space-between" align="flex-end" gap="sm">
      <Group gap="sm">
        <Title order={1}>{say("title")}</Title>
        {drawer?.open_shift_id && (
          <Badge variant="light" color="green" tt="none" c="light-dark(#14532d, #9be3b3)">
            {say("shiftOpen")}
          </Badge>
        )}
      </Group>
      <Group gap="sm" wrap="nowrap" align="flex-end">
        <Select label={say("account")} size="xs" w={170} allowDeselect={false} data={accounts.map(({ id, name }) => ({ value: id, label: name }))} value={account?.id ?? null} onChange={(id) => change({ account: id })} />
        <Select label={say("drawer")} size="xs" w={150} allowDeselect={false} data={drawers.map(({ id, name, branch }) => ({ value: id, label: branch ? `${name} · ${branch}` : name }))} value={drawer?.id ?? null} onChange={(id) => change({ drawer: id })} />
      </Group>
    </Group>
  );
}

function OpenShift({ drawer }: { drawer: Drawer }) {
  const say = useWords(tillWords);
  const [opening, setOpening] = useState(false);
  return (
    <Alert color="yellow" variant="light" icon={<IconCashRegister size={20} />}>
      <Group justify="space-between" gap="sm">
        {say("shiftClosed", { drawer: drawer.name })}
        <Button onClick={() => setOpening(true)}>{say("openShift")}</Button>
      </Group>
      {opening && (
        <CountModal
          title={`${say("openShift")}: ${drawer.name}`}
          label={say("float")}
          action={say("openShift")}
          currency={drawer.currency}
          onClose={() => setOpening(false)}
          onCount={async (float, _note, key) => {
            await done(http.POST("/api/v1/shifts", { params: { header: { "Idempotency-Key": key } }, body: { drawer_id: drawer.id, float } }));
          }}
        />
      )}
    </Alert>
  );
}
