import { Alert, Anchor, Button, Divider, Group, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconLogin2 } from "@tabler/icons-react";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { http } from "../api/client";
import { useWork } from "../parts/controls";
import { fieldErrors, ProblemAlert } from "../parts/problem";
import type { Problem } from "../api/types";
import { useWords } from "../words/catalogue";
import { Frame } from "./frame";
import { emailRule, neededRule, safeReturn } from "./rules";
import { entered } from "./session";
import { sessionWords } from "./words";

export function LogInPage() {
  const say = useWords(sessionWords);
  const search = useSearch({ strict: false });
  const router = useRouter();
  const work = useWork();
  const form = useForm({
    initialValues: { email: "", password: "" },
    validate: { email: emailRule(say), password: neededRule(say) },
  });
  const logIn = form.onSubmit((values) =>
    work.run(async () => {
      try {
        entered(await done(http.POST("/api/v1/session", { body: { email: values.email.trim(), password: values.password } })));
      } catch (problem) {
        form.setErrors(fieldErrors(problem as Problem));
        throw problem;
      }
      router.history.push(safeReturn(search.next));
    }),
  );
  return (
    <Frame title={say("logInTitle")}>
      {search.error && <Alert color="red" variant="light" role="alert">{say("ssoFailed", { reason: search.error })}</Alert>}
      <form onSubmit={logIn} noValidate>
        <Stack gap="sm">
          <TextInput label={say("email")} type="email" autoComplete="username" required {...form.getInputProps("email")} />
          <PasswordInput label={say("password")} autoComplete="current-password" required {...form.getInputProps("password")} />
          <ProblemAlert problem={work.problem} />
          <Button type="submit" fullWidth size="md" loading={work.busy}>
            {say("logIn")}
          </Button>
          <Anchor component={Link} to="/forgot-password" size="sm">
            {say("forgot")}
          </Anchor>
        </Stack>
      </form>
      <Divider label={say("or")} />
      <SingleSignOn next={safeReturn(search.next)} />
      <Text size="sm">
        {say("noAccount")}{" "}
        <Anchor component={Link} to="/sign-up" size="sm" fw={560}>
          {say("signUp")}
        </Anchor>
      </Text>
    </Frame>
  );
}

function SingleSignOn({ next }: { next: string }) {
  const say = useWords(sessionWords);
  const [slug, setSlug] = useState("");
  const [ways, setWays] = useState<{ id: string; name: string }[] | null>(null);
  const work = useWork();
  const look = () =>
    work.run(async () => {
      const found = await done(http.GET("/api/v1/oidc/connections", { params: { query: { tenant: slug.trim() } } }));
      setWays(found.data);
    });
  return (
    <Stack gap="xs">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void look();
        }}
      >
        <Group align="flex-end" gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            label={say("sso")}
            aria-label={say("ssoSlug")}
            placeholder={say("ssoHint")}
            value={slug}
            onChange={(event) => {
              setSlug(event.currentTarget.value);
              setWays(null);
            }}
          />
          <Button type="submit" variant="default" loading={work.busy} disabled={!slug.trim()}>
            {say("ssoNext")}
          </Button>
        </Group>
      </form>
      <ProblemAlert problem={work.problem} />
      {ways?.length === 0 && (
        <Text size="sm" c="dimmed">
          {say("ssoNone")}
        </Text>
      )}
      {ways?.map((way) => (
        <Button
          key={way.id}
          component="a"
          variant="default"
          leftSection={<IconLogin2 size={17} />}
          href={`/api/v1/oidc/start?${new URLSearchParams({ connection: way.id, return_to: next })}`}
        >
          {say("ssoWith", { name: way.name })}
        </Button>
      ))}
    </Stack>
  );
}
