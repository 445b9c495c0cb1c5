// Channels by name and colour.
import { Text } from "@mantine/core";
import type { ChannelKind } from "../api/types";
import type { Pair } from "../words/catalogue";
import { usePair } from "../parts/track_badge";

const channels: Record<ChannelKind, { name: Pair; colour: string }> = {
  shopee: { name: ["Shopee", "Shopee"], colour: "#ee4d2d" },
  tiktok: { name: ["TikTok Shop", "TikTok Shop"], colour: "#25b8b0" },
  lazada: { name: ["Lazada", "Lazada"], colour: "#3a3aa8" },
  shopify: { name: ["Shopify", "Shopify"], colour: "#6f9d2f" },
  woo: { name: ["WooCommerce", "WooCommerce"], colour: "#7f54b3" },
  square: { name: ["Square", "Square"], colour: "#5b6675" },
  kiotviet: { name: ["KiotViet", "KiotViet"], colour: "#2f6fdb" },
  einvoice: { name: ["E-invoice provider", "Nhà cung cấp hóa đơn"], colour: "#1f5f5b" },
  haravan: { name: ["Haravan", "Haravan"], colour: "#1793d1" },
  pos: { name: ["Counter", "Tại quầy"], colour: "#b7791f" },
  web: { name: ["Web shop", "Website"], colour: "#2f6fdb" },
  app: { name: ["App", "Ứng dụng"], colour: "#7b5cd6" },
  chat: { name: ["Chat", "Chat"], colour: "#16925a" },
  manual: { name: ["By hand", "Nhập tay"], colour: "#8f9bab" },
  api: { name: ["API", "API"], colour: "#566273" },
  import: { name: ["Import", "Nhập tệp"], colour: "#8f9bab" },
};
export const channelKinds = Object.keys(channels) as ChannelKind[];

export function useChannelName(): (kind: ChannelKind) => string {
  const pair = usePair();
  return (kind) => pair(channels[kind]?.name ?? [kind, kind]);
}

export function ChannelMark({ kind, size = 9 }: { kind: ChannelKind; size?: number }) {
  return (
    <span
      aria-hidden="true"
      style={{ flex: "none", width: size, height: size, borderRadius: 3, background: channels[kind]?.colour ?? "#8f9bab", display: "inline-block" }}
    />
  );
}

export function ChannelName({ kind, account }: { kind: ChannelKind; account?: string }) {
  const name = useChannelName();
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 7, minWidth: 0, maxWidth: "100%" }} title={account ? `${name(kind)} · ${account}` : name(kind)}>
      <ChannelMark kind={kind} />
      <Text span size="sm" truncate>
        {account ?? name(kind)}
      </Text>
    </span>
  );
}
