// What the buyer takes along, 80 mm wide: on the screen as on paper. The sheet is as long as what stands on it.
import { Text } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { useEffect, useRef } from "react";
import type { Order } from "../api/types";
import { formatMoney, formatNumber, isZero, sum } from "../parts/decimal";
import { formatMoment } from "../parts/moment";
import { useSession, useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import type { Finished } from "./keep";
import { methods } from "./tenders";
import styles from "./till.module.css";
import { tillWords } from "./words";

const mmPerPixel = 25.4 / 96;

export function Receipt({ order, finished }: { order: Order; finished: Finished }) {
  const say = useWords(tillWords);
  const { i18n } = useLingui();
  const zone = useTenantZone();
  const company = useSession()?.tenant?.name;
  const slip = useRef<HTMLElement>(null);
  useEffect(() => {
    const sheet = new CSSStyleSheet();
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    const measured = () => {
      const height = Math.ceil((slip.current?.scrollHeight ?? 0) * mmPerPixel) + 6;
      sheet.replaceSync(`@page receipt { size: 80mm ${height}mm; margin: 0 }`);
    };
    measured();
    const watch = new ResizeObserver(measured);
    if (slip.current) watch.observe(slip.current);
    return () => {
      watch.disconnect();
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
    };
  }, []);
  const money = (amount: string) => formatMoney(amount, order.currency, i18n.locale);
  const methodName = (method: string) => {
    const known = methods.find((each) => each === method);
    return known ? say(known) : method;
  };
  const rates = new Map<string, string>();
  for (const { name, rate, amount, included } of order.lines.flatMap((line) => line.taxes)) {
    const label = `${included ? `${say("taxIncluded")} ` : ""}${name}${rate === null ? "" : ` ${formatNumber(rate, i18n.locale)}%`}`;
    rates.set(label, sum([rates.get(label) ?? "0", amount.amount]));
  }
  const row = (label: string, amount: string, strong = false) => (
    <div className={styles["slipRow"]} data-strong={strong || undefined} key={label}>
      <span>{label}</span>
      <span>{money(amount)}</span>
    </div>
  );
  return (
    <section className={styles["slip"]} ref={slip} aria-label={say("receipt")}>
      <header className={styles["slipHead"]}>
        <strong>{company}</strong>
        <span>{order.channel_account.name}</span>
        <span>{say("receiptNumber", { number: order.number })}</span>
        <span>{formatMoment(order.placed_at, i18n.locale, zone, "dated")}</span>
        {order.staff && <span>{say("servedBy", { name: order.staff })}</span>}
      </header>
      <ul className={styles["slipLines"]}>
        {order.lines.map((line) => {
          const off = sum(line.components.map(({ amount }) => amount.amount));
          return (
            <li key={line.position}>
              <div>{line.name ?? line.sku}</div>
              <div className={styles["slipRow"]}>
                <span>{`${formatNumber(line.quantity, i18n.locale)} × ${money(line.unit_price.amount)}`}</span>
                <span>{money(line.gross.amount)}</span>
              </div>
              {!isZero(off) && row(say("discount"), `-${off}`)}
            </li>
          );
        })}
      </ul>
      <div>
        {row(say("sum"), order.totals.gross.amount)}
        {!isZero(order.totals.discount_tenant.amount) && row(say("discounts"), `-${order.totals.discount_tenant.amount}`)}
        {row(say("total"), (order.totals.stated_total ?? order.totals.total).amount, true)}
        {[...rates].map(([label, amount]) => row(label, amount))}
      </div>
      <div>
        {order.tenders.map((tender) => (
          <div className={styles["slipRow"]} key={tender.id}>
            <span>{methodName(tender.method)}</span>
            <span>{money(tender.amount.amount)}</span>
          </div>
        ))}
        {!isZero(finished.change) && row(say("given"), finished.given)}
        {!isZero(finished.change) && row(say("changeGiven"), finished.change, true)}
      </div>
      <Text ta="center" fz={12}>
        {say("thanks")}
      </Text>
    </section>
  );
}
