// Where one can go: the navigation, the palette and the `g` shortcuts are drawn from this list.
import {
  IconAddressBook,
  IconArrowsJoin,
  IconBook2,
  IconBox,
  IconBriefcase,
  IconBuilding,
  IconBuildingBank,
  IconBuildingStore,
  IconCash,
  IconCashRegister,
  IconCoins,
  IconFileImport,
  IconFileDollar,
  IconFileInvoice,
  IconGift,
  IconHandStop,
  IconKey,
  IconLogin2,
  IconPackages,
  IconPlug,
  IconReceipt,
  IconRuler2,
  IconScale,
  IconRosetteDiscountCheck,
  IconShieldHalf,
  IconShoppingCart,
  IconSignature,
  IconTags,
  IconTimeline,
  IconUserCog,
  IconUserDollar,
  IconUsers,
} from "@tabler/icons-react";
import type { shellWords } from "./words";

export type Place = {
  to: string;
  word: keyof (typeof shellWords)["words"];
  icon: typeof IconPlug;
  /** The right that makes the place visible. */
  right: string;
  group: "orders" | "finance" | "operate" | "settings";
  go?: string;
};

export const places: Place[] = [
  { to: "/orders", word: "orders", icon: IconPackages, right: "orders:read", group: "orders", go: "o" },
  { to: "/till", word: "till", icon: IconShoppingCart, right: "orders:create", group: "orders", go: "t" },
  { to: "/customers", word: "customers", icon: IconAddressBook, right: "customers:read", group: "orders" },
  { to: "/products", word: "products", icon: IconBox, right: "products:read", group: "orders" },
  { to: "/mapping", word: "mapping", icon: IconArrowsJoin, right: "products:read", group: "orders" },
  { to: "/quotes", word: "quotes", icon: IconFileDollar, right: "prices:read", group: "orders", go: "u" },
  { to: "/price-lists", word: "priceLists", icon: IconTags, right: "prices:read", group: "orders" },
  { to: "/approvals", word: "approvals", icon: IconRosetteDiscountCheck, right: "prices:read", group: "orders", go: "a" },
  { to: "/holds", word: "holds", icon: IconHandStop, right: "orders:read", group: "finance", go: "h" },
  { to: "/companies", word: "companies", icon: IconBriefcase, right: "companies:read", group: "finance" },
  { to: "/invoices", word: "invoices", icon: IconFileInvoice, right: "finance:read", group: "finance" },
  { to: "/ledger", word: "ledger", icon: IconBook2, right: "finance:read", group: "finance", go: "l" },
  { to: "/cash", word: "cash", icon: IconCash, right: "finance:read", group: "finance" },
  { to: "/receivables", word: "receivables", icon: IconUserDollar, right: "finance:read", group: "finance" },
  { to: "/claims", word: "claims", icon: IconGift, right: "finance:read", group: "finance" },
  { to: "/shifts", word: "shifts", icon: IconCashRegister, right: "shifts:work", group: "finance" },
  { to: "/settlements", word: "settlements", icon: IconReceipt, right: "finance:read", group: "finance" },
  { to: "/bank", word: "bank", icon: IconBuildingBank, right: "finance:read", group: "finance", go: "b" },
  { to: "/policies", word: "policies", icon: IconScale, right: "orders:read", group: "finance" },
  { to: "/channels", word: "channels", icon: IconBuildingStore, right: "channels:read", group: "operate", go: "c" },
  { to: "/quarantine", word: "quarantine", icon: IconShieldHalf, right: "quarantine:read", group: "operate", go: "q" },
  { to: "/imports", word: "imports", icon: IconFileImport, right: "imports:read", group: "operate" },
  { to: "/plugins", word: "plugins", icon: IconPlug, right: "plugins:read", group: "operate" },
  { to: "/people", word: "people", icon: IconUsers, right: "people:read", group: "settings" },
  { to: "/roles", word: "roles", icon: IconUserCog, right: "people:read", group: "settings" },
  { to: "/approval-limits", word: "limits", icon: IconSignature, right: "roles:manage", group: "settings" },
  { to: "/price-rules", word: "priceRules", icon: IconRuler2, right: "prices:manage", group: "settings" },
  { to: "/finance-settings", word: "financeSettings", icon: IconCoins, right: "finance:read", group: "settings" },
  { to: "/api-keys", word: "keys", icon: IconKey, right: "keys:manage", group: "settings" },
  { to: "/single-sign-on", word: "identity", icon: IconLogin2, right: "tenant:manage", group: "settings" },
  { to: "/audit-log", word: "audit", icon: IconTimeline, right: "audit:read", group: "settings" },
  { to: "/company", word: "company", icon: IconBuilding, right: "tenant:manage", group: "settings" },
];
