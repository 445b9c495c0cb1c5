// Where one can go: the navigation, the palette and the `g` shortcuts are drawn from this list.
import {
  IconBuilding,
  IconBuildingStore,
  IconFileImport,
  IconKey,
  IconLogin2,
  IconPackages,
  IconPlug,
  IconShieldHalf,
  IconTimeline,
  IconUserCog,
  IconUsers,
} from "@tabler/icons-react";
import type { shellWords } from "./words";

export type Place = {
  to: string;
  word: keyof (typeof shellWords)["words"];
  icon: typeof IconPlug;
  /** The right that makes the place visible. */
  right: string;
  group: "orders" | "operate" | "settings";
  go?: string;
};

export const places: Place[] = [
  { to: "/orders", word: "orders", icon: IconPackages, right: "orders:read", group: "orders", go: "o" },
  { to: "/channels", word: "channels", icon: IconBuildingStore, right: "channels:read", group: "operate", go: "c" },
  { to: "/quarantine", word: "quarantine", icon: IconShieldHalf, right: "quarantine:read", group: "operate", go: "q" },
  { to: "/imports", word: "imports", icon: IconFileImport, right: "imports:read", group: "operate" },
  { to: "/plugins", word: "plugins", icon: IconPlug, right: "plugins:read", group: "operate" },
  { to: "/people", word: "people", icon: IconUsers, right: "people:read", group: "settings" },
  { to: "/roles", word: "roles", icon: IconUserCog, right: "people:read", group: "settings" },
  { to: "/api-keys", word: "keys", icon: IconKey, right: "keys:manage", group: "settings" },
  { to: "/single-sign-on", word: "identity", icon: IconLogin2, right: "tenant:manage", group: "settings" },
  { to: "/audit-log", word: "audit", icon: IconTimeline, right: "audit:read", group: "settings" },
  { to: "/company", word: "company", icon: IconBuilding, right: "tenant:manage", group: "settings" },
];
