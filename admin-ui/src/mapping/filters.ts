// Where one is in the mapping, as search params.
export type MappingTab = "held" | "recent" | "mapped";
export const mappingTabs: MappingTab[] = ["held", "recent", "mapped"];
export type MappingPlace = { tab?: MappingTab; account?: string; product?: string; text?: string };

export function parseMappingPlace(raw: Record<string, unknown>): MappingPlace {
  const text = (name: string) => (typeof raw[name] === "string" && raw[name].trim() !== "" ? raw[name].trim().slice(0, 100) : undefined);
  const tab = mappingTabs.find((each) => each === raw["tab"]);
  const [account, product, searched] = [text("account"), text("product"), text("text")];
  return { ...(tab && tab !== "held" && { tab }), ...(account && { account }), ...(product && { product }), ...(searched && { text: searched }) };
}

/** A listing as people read it: its SKU, or its name where it has none. */
export function listingText(listing: string): { by: "sku" | "name"; text: string } {
  return listing.startsWith("sku:") ? { by: "sku", text: listing.slice(4) } : { by: "name", text: listing.slice(5) };
}

export type Part = { sku: string | null; quantity: string };
export type Choice = Part[];

/** Whether a row's parts can be sent. */
export function isWhole(parts: Choice): boolean {
  return parts.length > 0 && parts.every(({ sku, quantity }) => sku !== null && /^\d{1,12}([.]\d{1,6})?$/.test(quantity) && Number(quantity) > 0) && new Set(parts.map(({ sku }) => sku)).size === parts.length;
}
