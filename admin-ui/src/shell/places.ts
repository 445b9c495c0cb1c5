// Where one can go: the navigation, the palette and the `g` shortcuts are drawn from this list.
import { IconPackages } from "@tabler/icons-react";
import type { shellWords } from "./words";

export type Place = {
  to: string;
  word: keyof (typeof shellWords)["words"];
  icon: typeof IconPackages;
  /** The right that makes the place visible. */
  right: string;
  group: "orders" | "operate" | "settings";
  go?: string;
};

export const places: Place[] = [
  { to: "/orders", word: "orders", icon: IconPackages, right: "orders:read", group: "orders", go: "o" },
];
