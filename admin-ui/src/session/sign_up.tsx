import { Anchor, Button, Group, PasswordInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useLingui } from "@lingui/react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { done } from "../api/call";
import { http } from "../api/client";
import type { Problem } from "../api/types";
import { useWork } from "../parts/controls";
import { fieldErrors, ProblemAlert } from "../parts/problem";
import { useWords } from "../words/catalogue";
import { Frame } from "./frame";
import { countries, currencies, guessCountry, homeOf, zones } from "./places";
import { emailRule, neededRule, passwordRule } from "./rules";
import { entered } from "./session";
import { sessionWords } from "./words";

export function SignUpPage() {
  const say = useWords(sessionWords);
  const { i18n } = useLingui();
  const navigate = useNavigate();
  const work = useWork();
  const here = guessCountry(navigator.language, new Intl.DateTimeFormat().resolvedOptions().timeZone);
  const form = useForm({
    initialValues: {
      tenant_name: "",
      slug: "",
      country: here,
      currency: homeOf(here)?.currency ?? "USD",
      time_zone: homeOf(here)?.zone ?? "UTC",
      name: "",
      email: "",
      password: "",
    },
    validate: { tenant_name: neededRule(say), name: neededRule(say), email: emailRule(say), password: passwordRule(say) },
  });
  const choices = useMemo(
    () => ({ countries: countries(i18n.locale), currencies: currencies(i18n.locale), zones: zones() }),
    [i18n.locale],
  );
  const moved = (country: string | null) => {
    if (!country) return;
    const place = homeOf(country);
    form.setValues({ country, ...(place && { currency: place.currency, time_zone: place.zone }) });
  };
  const create = form.onSubmit(({ slug, ...values }) =>
    work.run(async () => {
      try {
        const body = { ...values, email: values.email.trim(), locale: i18n.locale, ...(slug && { slug }) };
        entered(await done(http.POST("/api/v1/sign-up", { body })));
      } catch (problem) {
        form.setErrors(fieldErrors(problem as Problem));
        throw problem;
      }
      await navigate({ to: "/channels/connect" });
    }),
  );
  return (
    <Frame title={say("signUpTitle")} text={say("signUpText")}>
      <form onSubmit={create} noValidate>
        <Stack gap="sm">
          <TextInput label={say("company")} required autoComplete="organization" maxLength={120} {...form.getInputProps("tenant_name")} />
          <TextInput label={say("slug")} description={say("slugHint")} {...form.getInputProps("slug")} />
          <Group grow gap="sm" align="flex-start">
            <Select label={say("country")} data={choices.countries} searchable allowDeselect={false} {...form.getInputProps("country")} onChange={moved} />
            <Select label={say("currency")} data={choices.currencies} searchable allowDeselect={false} limit={60} {...form.getInputProps("currency")} />
          </Group>
          <Select label={say("zone")} data={choices.zones} searchable allowDeselect={false} limit={60} {...form.getInputProps("time_zone")} />
          <TextInput label={say("you")} required autoComplete="name" maxLength={120} {...form.getInputProps("name")} />
          <TextInput label={say("email")} type="email" required autoComplete="username" {...form.getInputProps("email")} />
          <PasswordInput label={say("password")} description={say("passwordHint")} required autoComplete="new-password" maxLength={128} {...form.getInputProps("password")} />
          <ProblemAlert problem={work.problem} />
          <Button type="submit" size="md" loading={work.busy}>
            {say("create")}
          </Button>
        </Stack>
      </form>
      <Text size="sm">
        {say("haveAccount")}{" "}
        <Anchor component={Link} to="/log-in" size="sm" fw={560}>
          {say("logIn")}
        </Anchor>
      </Text>
    </Frame>
  );
}
