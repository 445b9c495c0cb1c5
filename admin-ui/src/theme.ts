// Colours and sizes. Petrol for actions, slate for everything else; every pair of text and ground passes WCAG AA.
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

const petrol: MantineColorsTuple = [
  "#e6f4f6",
  "#cfe6ea",
  "#a0ccd4",
  "#6db1be",
  "#449bab",
  "#2a8da0",
  "#177f92",
  "#0b6272",
  "#07505e",
  "#033d48",
];
const slate: MantineColorsTuple = [
  "#f7f9fb",
  "#eff2f6",
  "#e3e8ee",
  "#d3dae3",
  "#bcc6d2",
  "#8f9bab",
  "#566273",
  "#3d4858",
  "#28313e",
  "#161c26",
];
const night: MantineColorsTuple = [
  "#d9e0e9",
  "#b8c2d0",
  "#97a3b4",
  "#6f7c8e",
  "#3a4554",
  "#2c3643",
  "#212a35",
  "#161d26",
  "#10161d",
  "#0a0e14",
];

export const theme = createTheme({
  primaryColor: "petrol",
  primaryShade: { light: 7, dark: 7 },
  colors: { petrol, gray: slate, dark: night },
  fontFamily: "'Inter Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'JetBrains Mono', 'DejaVu Sans Mono', monospace",
  defaultRadius: "md",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: {
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.375rem", lineHeight: "1.3" },
      h2: { fontSize: "0.9375rem", lineHeight: "1.4" },
      h3: { fontSize: "0.875rem", lineHeight: "1.4" },
    },
  },
  components: {
    Button: { defaultProps: { size: "sm" } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.4 } } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300 } },
    Table: { defaultProps: { verticalSpacing: 8, horizontalSpacing: 12 } },
    Paper: { defaultProps: { withBorder: true, radius: "md" } },
    Alert: { styles: { title: { color: "var(--mantine-color-text)" } } },
    Menu: { defaultProps: { shadow: "md" } },
  },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#ffffff",
    "--mantine-color-dimmed": "#566273",
    "--mantine-color-placeholder": "#66717f",
    "--mantine-color-anchor": "#0b6272",
    "--mantine-color-error": "#b42318",
    "--ground": "#f5f7f9",
    "--edge": "#e1e6ec",
    "--hover": "#f2f6f8",
    "--chosen": "#e6f4f6",
  },
  dark: {
    "--mantine-color-body": "#161d26",
    "--mantine-color-dimmed": "#9dabbd",
    "--mantine-color-placeholder": "#8794a5",
    "--mantine-color-anchor": "#7fc4d1",
    "--mantine-color-error": "#ff9a8f",
    "--ground": "#0f151c",
    "--edge": "#2a3440",
    "--hover": "#1b242f",
    "--chosen": "#133039",
  },
});
