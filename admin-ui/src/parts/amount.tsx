// The only renderer of money.
import { Box, type BoxProps } from "@mantine/core";
import { useLingui } from "@lingui/react";
import type { Money } from "../api/types";
import { formatMoney, isNegative, isZero } from "./decimal";

type Props = BoxProps & {
  of: Money | null | undefined;
  /** Zero is shown dimmed, so that the eye finds what is not. */
  quietZero?: boolean;
  strong?: boolean;
};

export function Amount({ of, quietZero = false, strong = false, ...box }: Props) {
  const { i18n } = useLingui();
  if (!of) return <Box component="span" c="dimmed" {...box}>–</Box>;
  const quiet = quietZero && isZero(of.amount);
  return (
    <Box
      component="span"
      c={quiet ? "dimmed" : isNegative(of.amount) ? "var(--mantine-color-error)" : undefined}
      fw={strong ? 620 : undefined}
      style={{ fontVariantNumeric: "tabular-nums", whiteSpace: "nowrap" }}
      {...box}
    >
      {formatMoney(of.amount, of.currency, i18n.locale)}
    </Box>
  );
}
