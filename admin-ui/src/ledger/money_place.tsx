// Where money comes in or goes out: the drawers that are open, the main cash, the bank, what is on its way.
import { Select } from "@mantine/core";
import { api } from "../api/client";
import { useRight } from "../session/session";
import { useWords } from "../words/catalogue";
import { ledgerWords } from "./words";

type Props = { label: string; value: string; onChange: (account: string) => void; /** Cash alone. */ cash?: boolean; /** A drawer's own shift pays from elsewhere. */ noDrawers?: boolean };

export function MoneyPlace({ label, value, onChange, cash = false, noDrawers = false }: Props) {
  const say = useWords(ledgerWords);
  const may = useRight();
  const drawers = api.useQuery("get", "/api/v1/drawers", {}, { enabled: may("shifts:work") && !noDrawers });
  const open = noDrawers ? [] : (drawers.data?.data ?? []).filter(({ open_shift_id }) => open_shift_id);
  const places = [
    { value: "cash:main", label: say("placeMain") },
    ...(noDrawers ? [{ value: "cash:safe", label: say("placeSafe") }] : []),
    ...open.map(({ id, name }) => ({ value: `cash:${id}`, label: say("placeDrawer", { name }) })),
    ...(cash
      ? []
      : [
          { value: "bank_clearing", label: say("placeOnItsWay") },
          { value: "bank", label: say("placeBank") },
          { value: "processor_clearing", label: say("placeProcessor") },
        ]),
  ];
  return <Select label={label} required allowDeselect={false} data={places} value={value} onChange={(account) => onChange(account ?? "cash:main")} />;
}
