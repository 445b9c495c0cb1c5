// What a person chose for the list on this device: columns and density.
import { useLocalStorage } from "@mantine/hooks";
import { standardColumns } from "./columns";

export type Density = "compact" | "roomy";

export function useListSettings() {
  const [columns, setColumns] = useLocalStorage<string[]>({ key: "switchyard.orders.columns", defaultValue: standardColumns, getInitialValueInEffect: false });
  const [density, setDensity] = useLocalStorage<Density>({ key: "switchyard.orders.density", defaultValue: "compact", getInitialValueInEffect: false });
  return { columns, setColumns, density, setDensity };
}
