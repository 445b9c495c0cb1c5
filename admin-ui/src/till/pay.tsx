// The payment: any ways that together meet the total. It stays open with what was typed until the server took the sale.
import { ActionIcon, Alert, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useLingui } from "@lingui/react";
import { IconArrowsExchange, IconCash, IconCreditCard, IconGift, IconStar, IconTrash, IconWallet } from "@tabler/icons-react";
import { api } from "../api/client";
import { onceKey } from "../api/once";
import type { Problem } from "../api/types";
import { Amount } from "../parts/amount";
import { compared, currencyDigits, formatMoney, isZero, typedDecimal, written } from "../parts/decimal";
import { ProblemAlert } from "../parts/problem";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { hasCode, type Method, methods, roundAmounts, settled, type Tender, type WrongTender } from "./tenders";
import { codeOf } from "./refused";
import styles from "./till.module.css";
import { tillWords } from "./words";

const icons: Record<Method, typeof IconCash> = { cash: IconCash, card: IconCreditCard, bank_transfer: IconArrowsExchange, paid_voucher: IconGift, store_credit: IconWallet, points: IconStar };
const claimKind = { paid_voucher: "voucher", store_credit: "store_credit", points: "points" } as const;

type Props = {
  total: string;
  currency: string;
  tenders: Tender[];
  busy: boolean;
  problem: Problem | null;
  /** What of the problem stands beside none of the tenders. */
  apart: boolean;
  refused: Record<string, string>;
  onChange: (tenders: Tender[]) => void;
  onSell: () => void;
  onClose: () => void;
};

export function Pay({ total, currency, tenders, busy, problem, apart, refused, onChange, onSell, onClose }: Props) {
  const say = useWords(tillWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const narrow = useMediaQuery("(max-width: 48em)") ?? false;
  const { missing, change, wrong, paid } = settled(total, tenders, i18n.locale);
  const money = (amount: string) => ({ amount, currency });
  const add = (method: Method) => {
    if (method === "cash" && tenders.some((each) => each.method === "cash")) return;
    // Nobody hands over cash unsaid: its amount is typed or chosen. Everything else pays what is missing.
    onChange([...tenders, { id: onceKey(), method, text: method === "cash" || isZero(missing) ? "" : written(missing, i18n.locale), account: "", reference: "" }]);
  };
  const set = (tender: Tender) => onChange(tenders.map((each) => (each.id === tender.id ? tender : each)));
  /** What is not filled in yet is nothing wrong. */
  const told = ({ id, text }: Tender, ...about: WrongTender[]) => {
    const found = about.find((each) => each === wrong[id]);
    return found !== undefined && text.trim() !== "" ? say(found) : null;
  };
  const refusal = problem?.code === "idempotency_mismatch" ? say("mismatch") : problem?.code === "no_shift" ? say("noShift") : null;
  const cashThere = tenders.some(({ method }) => method === "cash");
  const cash = tenders.find(({ method }) => method === "cash");
  // What cash has to meet: the total less everything else.
  const forCash = settled(total, tenders.filter(({ method }) => method !== "cash"), i18n.locale).missing;
  return (
    <Modal opened onClose={onClose} title={say("payTitle")} size={620} fullScreen={narrow} closeButtonProps={{ "aria-label": part("close") }} closeOnClickOutside={false}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (paid && !busy) onSell();
        }}
      >
        <Stack gap="md">
          <div className={styles["due"]}>
            <div>
              <Text size="sm" c="dimmed">
                {say("toPay")}
              </Text>
              <Amount of={money(total)} strong fz={30} lh={1.2} />
            </div>
            <div aria-live="polite" data-change={change}>
              <Text size="sm" c="dimmed" ta="right">
                {say(!isZero(missing) ? "missing" : isZero(change) ? "exact" : "change")}
              </Text>
              <Amount of={money(isZero(missing) ? change : missing)} strong fz={30} lh={1.2} {...(isZero(missing) ? { c: "light-dark(#1c7a3e, #6fd08c)" } : {})} />
            </div>
          </div>
          <div role="group" aria-label={say("ways")} className={styles["ways"]}>
            {methods.map((method) => {
              const Icon = icons[method];
              return (
                <Button key={method} variant="default" size="md" leftSection={<Icon size={19} stroke={1.7} />} disabled={(method === "cash" && cashThere) || (isZero(missing) && method !== "cash" && !isZero(total))} onClick={() => add(method)}>
                  {say(method)}
                </Button>
              );
            })}
          </div>
          {tenders.map((tender) => (
            <TenderRow key={tender.id} tender={tender} currency={currency} wrong={refused[tender.id] ?? told(tender, "noAmount", "tooMuch")} wrongCode={refused[codeOf(tender.id)] ?? told(tender, "noCode")} missing={missing} onChange={set} onRemove={() => onChange(tenders.filter((each) => each !== tender))} />
          ))}
          {cash && (
            <Group gap="xs">
              {[...new Set([forCash, ...roundAmounts(forCash, currencyDigits(currency))])].filter((amount) => !isZero(amount)).map((amount) => (
                <Button key={amount} size="compact-md" variant="light" onClick={() => set({ ...cash, text: written(amount, i18n.locale) })}>
                  {formatMoney(amount, currency, i18n.locale)}
                </Button>
              ))}
            </Group>
          )}
          {refusal ? (
            <Alert color="red" variant="light" role="alert">
              {refusal}
            </Alert>
          ) : (
            apart && <ProblemAlert problem={problem} />
          )}
          <Button type="submit" size="lg" fullWidth loading={busy} disabled={!paid}>
            {say("sell")}
          </Button>
        </Stack>
      </form>
    </Modal>
  );
}

type RowProps = { tender: Tender; currency: string; wrong: string | null; wrongCode: string | null; missing: string; onChange: (tender: Tender) => void; onRemove: () => void };

function TenderRow({ tender, currency, wrong, wrongCode, missing, onChange, onRemove }: RowProps) {
  const say = useWords(tillWords);
  const { i18n } = useLingui();
  const method = say(tender.method);
  const Icon = icons[tender.method];
  return (
    <Group gap="xs" align="flex-start" wrap="nowrap" data-tender={tender.method}>
      <div className={styles["tender"]}>
        <TextInput
          size="md"
          label={tender.method === "cash" ? say("cashGiven") : say("amountOf", { method })}
          inputMode="decimal"
          autoComplete="off"
          leftSection={<Icon size={18} stroke={1.7} />}
          data-autofocus={tender.method === "cash" || undefined}
          autoFocus
          value={tender.text}
          error={wrong}
          styles={{ input: { textAlign: "right", fontVariantNumeric: "tabular-nums" } }}
          onFocus={(event) => event.currentTarget.select()}
          onChange={(event) => onChange({ ...tender, text: event.currentTarget.value })}
        />
        {hasCode(tender.method) && (
          <TextInput
            size="md"
            label={tender.method === "points" ? say("member") : say("codeOf", { method })}
            autoComplete="off"
            maxLength={100}
            value={tender.account}
            error={wrongCode}
            description={<Balance tender={tender} currency={currency} missing={missing} onUse={(text) => onChange({ ...tender, text: written(text, i18n.locale) })} />}
            inputWrapperOrder={["label", "input", "description", "error"]}
            onChange={(event) => onChange({ ...tender, account: event.currentTarget.value })}
          />
        )}
        {(tender.method === "card" || tender.method === "bank_transfer") && (
          <TextInput size="md" label={say("referenceOf", { method })} autoComplete="off" maxLength={100} value={tender.reference} onChange={(event) => onChange({ ...tender, reference: event.currentTarget.value })} />
        )}
      </div>
      <ActionIcon variant="subtle" color="gray" size={42} mt={24} aria-label={say("withoutTender", { method })} onClick={onRemove}>
        <IconTrash size={18} stroke={1.7} />
      </ActionIcon>
    </Group>
  );
}

type BalanceProps = { tender: Tender; currency: string; missing: string; onUse: (amount: string) => void };

/** What is left on the voucher, credit or member, for those who may see it. */
function Balance({ tender, currency, missing, onUse }: BalanceProps) {
  const say = useWords(tillWords);
  const may = useRight();
  const { i18n } = useLingui();
  const kind = tender.method === "paid_voucher" || tender.method === "store_credit" || tender.method === "points" ? claimKind[tender.method] : undefined;
  const text = tender.account.trim();
  const found = api.useQuery("get", "/api/v1/claims", { params: { query: { ...(kind && { kind }), text, limit: 20 } } }, { enabled: may("finance:read") && kind !== undefined && text.length > 2 });
  const claim = found.data?.data.find(({ code, id }) => code.toLowerCase() === text.toLowerCase() || id === text);
  if (!claim || claim.face.currency !== currency) return null;
  // As much of it as there is to pay.
  const wanted = typedDecimal(tender.text, i18n.locale) ?? missing;
  return (
    <Button size="compact-xs" variant="subtle" px={0} onClick={() => onUse(compared(claim.face.amount, wanted) < 0 ? claim.face.amount : wanted)}>
      {[claim.holder, say("worth", { amount: formatMoney(claim.face.amount, claim.face.currency, i18n.locale) })].filter(Boolean).join(" · ")}
    </Button>
  );
}
