// Products found by SKU, name or barcode while typing.
import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { api } from "../api/client";

type Known = { sku: string; name: string };
type Props = { label: string; /** Shown before anything is searched. */ known?: Known | null; value: string | null; onChange: (sku: string | null) => void };

const shown = ({ sku, name }: Known) => `${sku} · ${name}`;

export function ProductSelect({ label, known, value, onChange }: Props) {
  const [text, setText] = useState("");
  const [settled] = useDebouncedValue(text.trim(), 200);
  // What is chosen stands in the box as well, and is nothing to search for.
  const searched = settled.includes(" · ") ? "" : settled;
  const found = api.useQuery("get", "/api/v1/products", { params: { query: { ...(searched && { text: searched }), active: true, limit: 20 } } });
  const options: Known[] = [...(known ? [known] : []), ...(found.data?.data ?? [])].filter((each, index, all) => all.findIndex(({ sku }) => sku === each.sku) === index);
  const missing = value !== null && options.every(({ sku }) => sku !== value);
  const data = [...options.map((each) => ({ value: each.sku, label: shown(each) })), ...(missing ? [{ value, label: value }] : [])];
  return <Select aria-label={label} placeholder={label} size="xs" searchable clearable data={data} filter={({ options: all }) => all} onSearchChange={setText} value={value} onChange={onChange} />;
}
