// The pages that letters lead to: confirm the address, reset the password, accept an invitation.
import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconCheck } from "@tabler/icons-react";
import { Link, useLocation, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { done } from "../api/call";
import { http, queries } from "../api/client";
import type { Problem } from "../api/types";
import { useWork } from "../parts/controls";
import { fieldErrors, ProblemAlert } from "../parts/problem";
import { useWords } from "../words/catalogue";
import { Frame } from "./frame";
import { emailRule, passwordRule } from "./rules";
import { entered } from "./session";
import { sessionWords } from "./words";

/** Letters carry the token behind `#`, where no server and no log sees it. */
function useToken(): string {
  const hash = useLocation({ select: (location) => location.hash });
  return new URLSearchParams(hash).get("token") ?? "";
}

function Done({ text, children }: { text: string; children?: React.ReactNode }) {
  return (
    <Alert color="green" variant="light" icon={<IconCheck size={18} />} role="status">
      <Text size="sm" c="var(--mantine-color-text)">
        {text}
      </Text>
      {children}
    </Alert>
  );
}

export function VerifyMailPage() {
  const say = useWords(sessionWords);
  const token = useToken();
  const work = useWork();
  const [verified, setVerified] = useState(false);
  const verify = () =>
    work.run(async () => {
      await done(http.POST("/api/v1/mail-verification", { body: { token } }));
      setVerified(true);
      await queries.invalidateQueries({ queryKey: ["session"] });
    });
  return (
    <Frame title={say("verifyTitle")}>
      {!token && <Alert color="yellow">{say("noToken")}</Alert>}
      {verified ? (
        <Done text={say("verified")} />
      ) : (
        <Button size="md" loading={work.busy} disabled={!token} onClick={() => void verify()}>
          {say("verifyAct")}
        </Button>
      )}
      <ProblemAlert problem={work.problem} />
      {verified && (
        <Anchor component={Link} to="/orders" size="sm">
          {say("onwards")}
        </Anchor>
      )}
    </Frame>
  );
}

export function ForgotPasswordPage() {
  const say = useWords(sessionWords);
  const work = useWork();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const form = useForm({ initialValues: { email: "" }, validate: { email: emailRule(say) } });
  const send = form.onSubmit(({ email }) =>
    work.run(async () => {
      await done(http.POST("/api/v1/password-reset/request", { body: { email: email.trim() } }));
      setSentTo(email.trim());
    }),
  );
  return (
    <Frame title={say("forgotTitle")} text={say("forgotText")}>
      {sentTo ? (
        <Done text={say("forgotSent", { email: sentTo })} />
      ) : (
        <form onSubmit={send} noValidate>
          <Stack gap="sm">
            <TextInput label={say("email")} type="email" autoComplete="username" required {...form.getInputProps("email")} />
            <ProblemAlert problem={work.problem} />
            <Button type="submit" loading={work.busy}>
              {say("forgotSend")}
            </Button>
          </Stack>
        </form>
      )}
      <Anchor component={Link} to="/log-in" size="sm">
        {say("logIn")}
      </Anchor>
    </Frame>
  );
}

export function ResetPasswordPage() {
  const say = useWords(sessionWords);
  const token = useToken();
  const work = useWork();
  const [set, setSet] = useState(false);
  const form = useForm({ initialValues: { password: "" }, validate: { password: passwordRule(say) } });
  const reset = form.onSubmit(({ password }) =>
    work.run(async () => {
      await done(http.POST("/api/v1/password-reset", { body: { token, password } }));
      setSet(true);
    }),
  );
  return (
    <Frame title={say("forgotTitle")}>
      {!token && <Alert color="yellow">{say("noToken")}</Alert>}
      {set ? (
        <Done text={say("passwordSet")} />
      ) : (
        <form onSubmit={reset} noValidate>
          <Stack gap="sm">
            <PasswordInput label={say("newPassword")} description={say("passwordHint")} autoComplete="new-password" required maxLength={128} {...form.getInputProps("password")} />
            <ProblemAlert problem={work.problem} />
            <Button type="submit" loading={work.busy} disabled={!token}>
              {say("setPassword")}
            </Button>
          </Stack>
        </form>
      )}
      <Anchor component={Link} to="/log-in" size="sm">
        {say("logIn")}
      </Anchor>
    </Frame>
  );
}

export function InvitationPage() {
  const say = useWords(sessionWords);
  const token = useToken();
  const work = useWork();
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { name: "", password: "" },
    validate: { password: (value) => (value ? passwordRule(say)(value) : null) },
  });
  const accept = form.onSubmit(({ name, password }) =>
    work.run(async () => {
      try {
        const body = { token, ...(name.trim() && { name: name.trim() }), ...(password && { password }) };
        entered(await done(http.POST("/api/v1/invitations/accept", { body })));
      } catch (problem) {
        form.setErrors(fieldErrors(problem as Problem));
        throw problem;
      }
      await navigate({ to: "/orders" });
    }),
  );
  return (
    <Frame title={say("inviteTitle")} text={say("inviteText")}>
      {!token && <Alert color="yellow">{say("noToken")}</Alert>}
      <form onSubmit={accept} noValidate>
        <Stack gap="sm">
          <TextInput label={say("you")} autoComplete="name" maxLength={120} {...form.getInputProps("name")} />
          <PasswordInput label={say("password")} description={say("passwordHint")} autoComplete="new-password" maxLength={128} {...form.getInputProps("password")} />
          <ProblemAlert problem={work.problem} />
          <Button type="submit" size="md" loading={work.busy} disabled={!token}>
            {say("accept")}
          </Button>
        </Stack>
      </form>
    </Frame>
  );
}
