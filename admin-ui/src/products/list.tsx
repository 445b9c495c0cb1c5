// Products by SKU, made and changed.
import { Anchor, Button, Group, Modal, Paper, Stack, Switch, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { keepPreviousData } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { done, flat, paging } from "../api/call";
import { api, http, refresh, versionTag } from "../api/client";
import type { Product } from "../api/types_products";
import { MoreButton, useWork } from "../parts/controls";
import { Moment } from "../parts/moment";
import { ProblemAlert, tell } from "../parts/problem";
import { SearchBox } from "../parts/search_box";
import { Empty, Loaded, Page } from "../parts/section";
import { ToneBadge } from "../parts/track_badge";
import { Wide } from "../parts/wide";
import { partWords } from "../parts/words";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { productWords } from "./words";

export function ProductsPage() {
  const say = useWords(productWords);
  const may = useRight();
  const [text, setText] = useState("");
  const [adding, add] = useDisclosure(false);
  const [editing, edit] = useState<Product | null>(null);
  const products = api.useInfiniteQuery("get", "/api/v1/products", { params: { query: { ...(text && { text }), limit: 50 } } }, { ...paging, placeholderData: keepPreviousData });
  const addButton = may("products:manage") && (
    <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
      {say("add")}
    </Button>
  );
  return (
    <Page title={say("title")} text={say("text")} aside={addButton}>
      <Group gap="xs" mb="sm">
        <SearchBox label={say("search")} value={text} onSearch={setText} />
      </Group>
      <Paper style={{ overflow: "hidden" }}>
        <Loaded
          of={products}
          isEmpty={(data) => flat(data).length === 0}
          empty={text ? <Empty title={say("noMatch")} /> : <Empty title={say("none")} text={say("noneText")} action={addButton} />}
        >
          {(data) => (
            <Wide>
              <Table fz="sm" miw={720} highlightOnHover highlightOnHoverColor="var(--hover)">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{say("sku")}</Table.Th>
                    <Table.Th>{say("name")}</Table.Th>
                    <Table.Th>{say("unit")}</Table.Th>
                    <Table.Th>{say("barcode")}</Table.Th>
                    <Table.Th>{say("changed")}</Table.Th>
                    <Table.Th />
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {flat(data).map((product) => (
                    <Row key={product.id} product={product} onEdit={may("products:manage") ? () => edit(product) : null} />
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Loaded>
        <MoreButton of={products} />
      </Paper>
      {adding && <ProductModal onClose={add.close} />}
      {editing && <ProductModal product={editing} onClose={() => edit(null)} />}
    </Page>
  );
}

function Row({ product, onEdit }: { product: Product; onEdit: (() => void) | null }) {
  const say = useWords(productWords);
  return (
    <Table.Tr data-product={product.id}>
      <Table.Td>
        {onEdit ? (
          <Anchor component="button" type="button" size="sm" fw={560} c="inherit" onClick={onEdit}>
            {product.sku}
          </Anchor>
        ) : (
          <Text size="sm" fw={560}>
            {product.sku}
          </Text>
        )}
      </Table.Td>
      <Table.Td maw={320}>
        <Text size="sm" lineClamp={2}>
          {product.name}
        </Text>
      </Table.Td>
      <Table.Td>{product.unit}</Table.Td>
      <Table.Td style={{ fontVariantNumeric: "tabular-nums" }}>{product.barcode}</Table.Td>
      <Table.Td>
        <Moment at={product.updated_at} age />
      </Table.Td>
      <Table.Td>
        <Group gap="xs" justify="flex-end">
          {!product.active && <ToneBadge tone="quiet">{say("inactive")}</ToneBadge>}
          <Anchor component={Link} to={`/mapping?tab=mapped&product=${product.id}`} size="xs">
            {say("listings")}
          </Anchor>
        </Group>
      </Table.Td>
    </Table.Tr>
  );
}

function ProductModal({ product, onClose }: { product?: Product; onClose: () => void }) {
  const say = useWords(productWords);
  const part = useWords(partWords);
  const work = useWork();
  const [sku, setSku] = useState(product?.sku ?? "");
  const [name, setName] = useState(product?.name ?? "");
  const [unit, setUnit] = useState(product?.unit ?? "");
  const [barcode, setBarcode] = useState(product?.barcode ?? "");
  const [active, setActive] = useState(product?.active ?? true);
  const save = () =>
    work.run(async () => {
      const code = barcode.trim();
      if (product) {
        const at = { params: { path: { id: product.id }, header: { "If-Match": versionTag(product.version) } } };
        await done(http.PATCH("/api/v1/products/{id}", { ...at, body: { name: name.trim(), unit: unit.trim(), barcode: code || null, active } }));
      } else {
        await done(http.POST("/api/v1/products", { body: { sku: sku.trim(), name: name.trim(), unit: unit.trim(), ...(code && { barcode: code }) } }));
      }
      await refresh("/api/v1/products", "/api/v1/listings/unmapped");
      tell(say("saved"));
      onClose();
    });
  return (
    <Modal opened onClose={onClose} title={product ? say("edit", { sku: product.sku }) : say("add")} closeButtonProps={{ "aria-label": part("close") }}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          {!product && <TextInput label={say("sku")} description={say("skuHint")} required maxLength={100} data-autofocus value={sku} onChange={(event) => setSku(event.currentTarget.value)} />}
          <TextInput label={say("name")} required maxLength={300} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Group grow align="flex-start">
            <TextInput label={say("unit")} placeholder={say("unitHint")} required maxLength={30} value={unit} onChange={(event) => setUnit(event.currentTarget.value)} />
            <TextInput label={say("barcode")} maxLength={50} value={barcode} onChange={(event) => setBarcode(event.currentTarget.value)} />
          </Group>
          {product && <Switch label={say("active")} description={say("activeHint")} checked={active} onChange={(event) => setActive(event.currentTarget.checked)} />}
          <ProblemAlert problem={work.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {part("cancel")}
            </Button>
            <Button type="submit" loading={work.busy} disabled={!name.trim() || !unit.trim() || !sku.trim()}>
              {part("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
