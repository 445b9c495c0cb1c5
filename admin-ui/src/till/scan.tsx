// The one field a scanner types into. Enter with an exact barcode or SKU adds the item at once; anything else shows what
// matches. The field is free again before the answer is there, so that the next scan is not lost.
import { Button, Combobox, Group, Loader, Paper, Text, TextInput, useCombobox } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconBarcode } from "@tabler/icons-react";
import { type RefObject, useState } from "react";
import { done } from "../api/call";
import { api, http } from "../api/client";
import type { Product } from "../api/types_products";
import { useWork } from "../parts/controls";
import { ProblemAlert } from "../parts/problem";
import { useRight, useTenantZone } from "../session/session";
import { useWords } from "../words/catalogue";
import { breaksOf, dayIn, exactly, listsFor } from "./find";
import type { Item } from "./sale";
import { tillWords } from "./words";

type Props = { currency: string; field: RefObject<HTMLInputElement | null>; onItem: (item: Item) => void };

const searched = (text: string) => http.GET("/api/v1/products", { params: { query: { text, active: true, limit: 50 } } });

export function Scan({ currency, field, onItem }: Props) {
  const say = useWords(tillWords);
  const may = useRight();
  const zone = useTenantZone();
  const box = useCombobox({ onDropdownClose: () => box.resetSelectedOption() });
  const [text, setText] = useState("");
  const [missed, setMissed] = useState<string | null>(null);
  const [typed] = useDebouncedValue(text.trim(), 250);
  const work = useWork();
  const lists = api.useQuery("get", "/api/v1/price-lists", { params: { query: { limit: 200 } } }, { enabled: may("prices:read"), staleTime: 60_000 });
  const found = api.useQuery("get", "/api/v1/products", { params: { query: { text: typed, active: true, limit: 20 } } }, { enabled: may("products:read") && typed.length > 1 });
  const matches = typed.length > 1 && text.trim() !== "" ? (found.data?.data ?? []) : [];

  const add = async ({ sku, name, unit }: Product) => {
    for (const { id, newest } of listsFor(lists.data?.data ?? [], currency, dayIn(zone, new Date()))) {
      const { data } = await done(http.GET("/api/v1/price-lists/{id}/prices", { params: { path: { id }, query: { text: sku, limit: 200 } } }));
      const breaks = breaksOf(data, sku);
      if (breaks.length === 0) continue;
      onItem({ sku, name, unit, breaks, tax: newest.tax_rate === null ? null : { rate: newest.tax_rate, included: newest.prices_include_tax } });
      return;
    }
    onItem({ sku, name, unit, breaks: [], tax: null });
  };
  const free = (name: string) => {
    setText("");
    setMissed(null);
    box.closeDropdown();
    onItem({ sku: null, name, unit: null, breaks: [], tax: null });
  };
  const scanned = () => {
    const code = text.trim();
    if (code === "") return;
    setText("");
    setMissed(null);
    box.closeDropdown();
    void work.run(async () => {
      const products = may("products:read") ? (await done(searched(code))).data : [];
      const hit = exactly(products, code) ?? (products.length === 1 ? products[0] : undefined);
      if (hit) return add(hit);
      setMissed(code);
      // Unless the next code is on its way already.
      setText((now) => (now === "" && products.length > 0 ? code : now));
      if (products.length > 0) box.openDropdown();
      return undefined;
    }).then(() => field.current?.focus());
  };
  const chosen = (sku: string) => {
    const product = matches.find((each) => each.sku === sku);
    setText("");
    setMissed(null);
    box.closeDropdown();
    if (product) void work.run(() => add(product)).then(() => field.current?.focus());
  };

  return (
    <Paper p="sm">
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          scanned();
        }}
      >
        <Group gap="xs" wrap="nowrap" align="flex-end">
          <Combobox store={box} onOptionSubmit={chosen} withinPortal={false}>
            <Combobox.Target>
              <TextInput
                ref={field}
                flex={1}
                size="md"
                label={say("scan")}
                placeholder={say("scanHint")}
                leftSection={work.busy ? <Loader size={16} /> : <IconBarcode size={20} />}
                autoFocus
                autoComplete="off"
                enterKeyHint="done"
                maxLength={200}
                value={text}
                onChange={(event) => {
                  setText(event.currentTarget.value);
                  setMissed(null);
                  box.resetSelectedOption();
                  if (event.currentTarget.value.trim()) box.openDropdown();
                  else box.closeDropdown();
                }}
                onKeyDown={(event) => {
                  if (event.key === "Escape") setText("");
                }}
                onBlur={() => box.closeDropdown()}
              />
            </Combobox.Target>
            <Combobox.Dropdown hidden={matches.length === 0}>
              <Combobox.Options mah={320} style={{ overflowY: "auto" }} aria-label={say("matches", { count: matches.length })}>
                {matches.map((product) => (
                  <Combobox.Option key={product.id} value={product.sku} py={10}>
                    <Group justify="space-between" wrap="nowrap">
                      <Text size="md" fw={560} truncate>
                        {product.name}
                      </Text>
                      <Text size="xs" c="dimmed" style={{ whiteSpace: "nowrap" }}>
                        {[product.sku, product.barcode].filter(Boolean).join(" · ")}
                      </Text>
                    </Group>
                  </Combobox.Option>
                ))}
              </Combobox.Options>
            </Combobox.Dropdown>
          </Combobox>
          <Button type="submit" size="md" variant="default" px="lg">
            {say("add")}
          </Button>
        </Group>
      </form>
      <div aria-live="polite">
        {missed !== null && matches.length === 0 && (
          <Group gap="xs" mt="xs">
            <Text size="sm">{say("notFound", { text: missed })}</Text>
            <Button size="compact-sm" variant="light" onClick={() => free(missed)}>
              {say("free", { text: missed })}
            </Button>
          </Group>
        )}
        <ProblemAlert problem={work.problem} />
      </div>
    </Paper>
  );
}
