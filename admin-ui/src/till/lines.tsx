// The basket: how many of what, at which price. A price or a discount is changed in a small window of its line.
import { ActionIcon, Box, Button, Group, Modal, Stack, Text, TextInput, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useLingui } from "@lingui/react";
import { IconMinus, IconPencil, IconPlus, IconShoppingCart, IconTrash } from "@tabler/icons-react";
import { Amount } from "../parts/amount";
import { AmountInput } from "../parts/amount_input";
import { formatMoney, isZero, sum } from "../parts/decimal";
import { Empty, Panel } from "../parts/section";
import { partWords } from "../parts/words";
import { useWords } from "../words/catalogue";
import { DiscountInput } from "./discount_input";
import { type SaleLine, stepped, type Sums } from "./sale";
import styles from "./till.module.css";
import { tillWords } from "./words";

type Props = { lines: SaleLine[]; sums: Sums; currency: string; refused: Record<string, string>; editing: string | null; onEdit: (id: string | null) => void; onChange: (lines: SaleLine[]) => void };

export function Lines({ lines, sums, currency, refused, editing, onEdit, onChange }: Props) {
  const say = useWords(tillWords);
  const part = useWords(partWords);
  const { i18n } = useLingui();
  const edited = lines.find(({ id }) => id === editing);
  const set = (line: SaleLine) => onChange(lines.map((each) => (each.id === line.id ? line : each)));
  return (
    <Panel title={say("basket")} aside={<Text size="sm" c="dimmed">{say("units", { count: sums.units })}</Text>} flush>
      {lines.length === 0 && <Empty title={say("empty")} text={say("emptyText")} icon={<IconShoppingCart size={22} stroke={1.6} />} />}
      <ul className={styles["lines"]}>
        {lines.map((line, index) => {
          const of = sums.lines[index];
          const { name } = line;
          const wrong = refused[line.id] ?? (sums.wrong[line.id] && say(sums.wrong[line.id] ?? "noPrice"));
          const off = of ? sum([of.lowered, of.discount]) : "0";
          return (
            <li key={line.id} className={styles["line"]} data-line={line.sku ?? name}>
              <Box className={styles["name"] ?? ""}>
                <Text fw={560} lh={1.3}>
                  {name}
                </Text>
                <Text size="xs" c="dimmed">
                  {[line.sku, line.unit].filter(Boolean).join(" · ")}
                </Text>
                {wrong && (
                  <Text size="xs" c="var(--mantine-color-error)" role="alert">
                    {wrong}
                  </Text>
                )}
              </Box>
              <Group gap={4} wrap="nowrap" className={styles["count"] ?? ""}>
                <ActionIcon variant="default" size={38} aria-label={say("fewer", { name })} onClick={() => set(stepped(line, "-1", i18n.locale))}>
                  <IconMinus size={17} />
                </ActionIcon>
                <TextInput
                  aria-label={say("quantityOf", { name })}
                  w={60}
                  inputMode="decimal"
                  autoComplete="off"
                  value={line.quantity}
                  error={sums.wrong[line.id] === "noQuantity"}
                  styles={{ input: { textAlign: "center", height: 38, fontVariantNumeric: "tabular-nums" } }}
                  onFocus={(event) => event.currentTarget.select()}
                  onChange={(event) => set({ ...line, quantity: event.currentTarget.value })}
                />
                <ActionIcon variant="default" size={38} aria-label={say("more", { name })} onClick={() => set(stepped(line, "1", i18n.locale))}>
                  <IconPlus size={17} />
                </ActionIcon>
              </Group>
              <UnstyledButton className={styles["price"] ?? ""} onClick={() => onEdit(line.id)}>
                <VisuallyHidden>{say("edit", { name })}</VisuallyHidden>
                {of?.price == null ? (
                  <Text size="sm" c="var(--mantine-color-error)" fw={560}>
                    {say("setPrice")}
                  </Text>
                ) : (
                  <Amount of={{ amount: of.price, currency }} />
                )}
                <IconPencil size={14} stroke={1.7} />
                {!isZero(off) && (
                  <Text size="xs" c="dimmed" className={styles["off"] ?? ""}>
                    {say("less", { amount: formatMoney(off, currency, i18n.locale) })}
                  </Text>
                )}
              </UnstyledButton>
              <Box className={styles["total"] ?? ""}>
                <Amount of={{ amount: of ? sum([of.gross, `-${off}`]) : "0", currency }} strong />
              </Box>
              <ActionIcon variant="subtle" color="gray" size={38} className={styles["remove"] ?? ""} aria-label={say("remove", { name })} onClick={() => onChange(lines.filter((each) => each !== line))}>
                <IconTrash size={18} stroke={1.7} />
              </ActionIcon>
            </li>
          );
        })}
      </ul>
      <Modal opened={edited !== undefined} onClose={() => onEdit(null)} title={edited?.name ?? say("editTitle")} closeButtonProps={{ "aria-label": part("close") }} returnFocus={false}>
        {edited && (
          <form
            onSubmit={(event) => {
              event.preventDefault();
              onEdit(null);
            }}
          >
            <Stack gap="sm">
              <AmountInput label={say("price")} currency={currency} value={edited.price} onChange={(price) => set({ ...edited, price })} description={hint()} autoFocus />
              <DiscountInput label={say("discount")} currency={currency} value={edited.discount} error={discountWrong()} onChange={(discount) => set({ ...edited, discount })} />
              <Group justify="flex-end">
                <Button type="submit">{say("done")}</Button>
              </Group>
            </Stack>
          </form>
        )}
      </Modal>
    </Panel>
  );

  function hint(): string {
    const listed = sums.lines[lines.findIndex(({ id }) => id === editing)]?.listPrice;
    return listed == null ? say("noListPrice") : say("listPrice", { price: formatMoney(listed, currency, i18n.locale) });
  }
  function discountWrong(): string | null {
    const wrong = editing === null ? undefined : sums.wrong[editing];
    return wrong === "noDiscount" || wrong === "discountAbove" ? say(wrong) : null;
  }
}
