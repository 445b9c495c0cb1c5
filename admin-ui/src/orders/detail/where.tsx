// Where money of an order lies: the drawer of a shift, a bank account or processor, the code of a voucher or of points.
import { Select, TextInput } from "@mantine/core";
import { api } from "../../api/client";
import { useRight } from "../../session/session";
import { useWords } from "../../words/catalogue";
import { moneyWords } from "./money_words";

const wordOf: Record<string, "accountCash" | "accountBank" | "accountOther" | "accountClaim"> = {
  cash: "accountCash",
  bank: "accountBank",
  bank_transfer: "accountBank",
  card: "accountOther",
  wallet: "accountOther",
  cod: "accountOther",
  points: "accountClaim",
  paid_voucher: "accountClaim",
  store_credit: "accountClaim",
};

/** What pays by a code is nothing without it. */
export const needsCode = (method: string) => wordOf[method] === "accountClaim";
export const hasPlace = (method: string) => method in wordOf;

type Props = { method: string; value: string; onChange: (account: string) => void };

export function WhereField({ method, value, onChange }: Props) {
  const say = useWords(moneyWords);
  const may = useRight();
  const ofCash = method === "cash" && may("shifts:work");
  const drawers = api.useQuery("get", "/api/v1/drawers", {}, { enabled: ofCash });
  const open = (drawers.data?.data ?? []).filter(({ open_shift_id }) => open_shift_id);
  const word = wordOf[method];
  if (!word) return null;
  if (ofCash && open.length > 0) {
    const places = [{ value: "", label: say("mainCash") }, ...open.map(({ id, name }) => ({ value: id, label: name }))];
    return <Select label={say(word)} allowDeselect={false} data={places} value={value} onChange={(account) => onChange(account ?? "")} />;
  }
  const code = word === "accountClaim";
  return <TextInput label={say(word)} required={code} {...(!code && { placeholder: say("accountHint") })} maxLength={120} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
}
