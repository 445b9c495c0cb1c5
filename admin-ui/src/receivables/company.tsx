// Whose money a page is about: a company, found by name, kept in the address.
import { Box } from "@mantine/core";
import { api } from "../api/client";
import { CompanySelect } from "../companies/form";
import { useWords } from "../words/catalogue";
import { receivableWords } from "./words";

export function ChosenCompany({ value, onChange }: { value: string | undefined; onChange: (id: string | null) => void }) {
  const say = useWords(receivableWords);
  const known = api.useQuery("get", "/api/v1/companies/{id}", { params: { path: { id: value ?? "" } } }, { enabled: value !== undefined });
  return (
    <Box w={280}>
      <CompanySelect label={say("company")} known={known.data ?? null} value={value ?? null} onChange={onChange} />
    </Box>
  );
}
