//! What the errors of identity and rights are to a caller.

use super::{FieldError, Problem};
use axum::http::StatusCode;
use tenants::{
    api_keys::KeyError, authenticate::AuthenticateError, invitations::InvitationError, lockout::LockoutError, log_in::LogInError, mail_link::LinkError, oidc::ConnectionError, password::PasswordError,
    policy::PolicyError, rate_limit::Limited, roles::RoleError, sessions::EnterError, sign_up::SignUpError, tenant::EditTenantError,
};

impl From<tenants::fields::FieldError> for Problem {
    fn from(error: tenants::fields::FieldError) -> Self {
        Self::fields(vec![wrong(&error)])
    }
}

fn wrong(error: &tenants::fields::FieldError) -> FieldError {
    FieldError { pointer: format!("/{}", error.field), code: "invalid_value".into(), detail: error.message.clone() }
}

impl From<Limited> for Problem {
    fn from(limited: Limited) -> Self {
        Self::too_many_requests("rate_limited", limited.retry_after.as_secs().max(1))
    }
}

impl From<LockoutError> for Problem {
    fn from(error: LockoutError) -> Self {
        match error {
            LockoutError::Locked(wait) => Self::too_many_requests("locked_out", u64::try_from(wait.num_seconds()).unwrap_or(1).max(1)),
            LockoutError::Database(error) => Self::internal(error),
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Length => Self::field("/password", "invalid_value", "must have 10 to 128 characters"),
            other => Self::internal(other),
        }
    }
}

impl From<PolicyError> for Problem {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::Directory(error) => error.into(),
            other => Self::internal(other),
        }
    }
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Unknown => Self::unauthorized(),
            AuthenticateError::Policy(error) => error.into(),
            AuthenticateError::Database(error) => error.into(),
        }
    }
}

impl From<SignUpError> for Problem {
    fn from(error: SignUpError) -> Self {
        let text = error.to_string();
        match error {
            SignUpError::Fields(errors) => Self::fields(errors.iter().map(wrong).collect()),
            SignUpError::SlugTaken => Self::conflict("slug_taken", text),
            SignUpError::EmailTaken => Self::conflict("email_taken", text),
            SignUpError::Lockout(error) => error.into(),
            SignUpError::Password(error) => error.into(),
            SignUpError::Directory(error) => error.into(),
            SignUpError::Database(error) => error.into(),
        }
    }
}

impl From<LogInError> for Problem {
    fn from(error: LogInError) -> Self {
        let text = error.to_string();
        match error {
            LogInError::WrongCredentials => Self::new(StatusCode::UNAUTHORIZED, "wrong_credentials", text),
            LogInError::Lockout(error) => error.into(),
            LogInError::Password(error) => error.into(),
            LogInError::Database(error) => error.into(),
        }
    }
}

impl From<EnterError> for Problem {
    fn from(error: EnterError) -> Self {
        let text = error.to_string();
        match error {
            EnterError::NotMember => Self::not_found(),
            EnterError::Confined => Self::new(StatusCode::FORBIDDEN, "confined_session", text),
            EnterError::Database(error) => error.into(),
        }
    }
}

impl From<LinkError> for Problem {
    fn from(error: LinkError) -> Self {
        let text = error.to_string();
        match error {
            LinkError::Invalid => Self::field("/token", "invalid_link", text),
            LinkError::TooMany => Self { detail: text.into(), ..Self::too_many_requests("too_many_mails", 3_600) },
            LinkError::Field(error) => error.into(),
            LinkError::Password(error) => error.into(),
            LinkError::Mail(error) => Self::mail_away(error),
            LinkError::Database(error) => error.into(),
        }
    }
}

impl Problem {
    pub fn mail_away(error: tenants::mail::MailError) -> Self {
        tracing::warn!(%error, "a mail was not sent");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "mail_away", "the mail could not be sent just now: try again later")
    }
}

impl From<RoleError> for Problem {
    fn from(error: RoleError) -> Self {
        let text = error.to_string();
        match error {
            RoleError::NotFound | RoleError::NoPerson => Self { detail: text.into(), ..Self::not_found() },
            RoleError::Field(error) => error.into(),
            RoleError::Right(error) => Self::field("/rights", "unknown_right", error.to_string()),
            RoleError::BuiltIn => Self::conflict("built_in_role", text),
            RoleError::NameTaken => Self::conflict("name_taken", text),
            RoleError::InUse(_) => Self::conflict("role_in_use", text),
            RoleError::TooMany => Self::conflict("too_many_roles", text),
            RoleError::Beyond(_) => Self::new(StatusCode::FORBIDDEN, "beyond_own_rights", text),
            RoleError::LastOwner => Self::conflict("last_owner", text),
            RoleError::Directory(error) => error.into(),
            RoleError::Database(error) => error.into(),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let text = error.to_string();
        match error {
            KeyError::Field(error) => error.into(),
            KeyError::Scope(error) => Self::field("/scopes", "unknown_right", error.to_string()),
            KeyError::Beyond(_) => Self::new(StatusCode::FORBIDDEN, "beyond_own_rights", text),
            KeyError::TooMany => Self::conflict("too_many_keys", text),
            KeyError::NotPerson => Self::new(StatusCode::FORBIDDEN, "not_a_person", text),
            KeyError::Directory(error) => error.into(),
            KeyError::Database(error) => error.into(),
        }
    }
}

impl From<InvitationError> for Problem {
    fn from(error: InvitationError) -> Self {
        let text = error.to_string();
        match error {
            InvitationError::Field(error) => error.into(),
            InvitationError::AlreadyMember => Self::conflict("already_member", text),
            InvitationError::TooMany => Self::conflict("too_many_invitations", text),
            InvitationError::Invalid => Self::field("/token", "invalid_link", text),
            InvitationError::Outdated => Self::conflict("outdated_invitation", text),
            InvitationError::ProveAccount => Self::conflict("prove_account", text),
            InvitationError::NotPerson => Self::new(StatusCode::FORBIDDEN, "not_a_person", text),
            InvitationError::Role(error) => error.into(),
            InvitationError::Lockout(error) => error.into(),
            InvitationError::Password(error) => error.into(),
            InvitationError::Mail(error) => Self::mail_away(error),
            InvitationError::Policy(error) => error.into(),
            InvitationError::Directory(error) => error.into(),
            InvitationError::Database(error) => error.into(),
        }
    }
}

impl From<EditTenantError> for Problem {
    fn from(error: EditTenantError) -> Self {
        match error {
            EditTenantError::Field(error) => error.into(),
            EditTenantError::Directory(error) => error.into(),
            EditTenantError::Database(error) => error.into(),
        }
    }
}

impl From<ConnectionError> for Problem {
    fn from(error: ConnectionError) -> Self {
        let text = error.to_string();
        match error {
            ConnectionError::Field(error) => error.into(),
            ConnectionError::NotFound => Self::not_found(),
            ConnectionError::TooMany => Self::conflict("too_many_connections", text),
            ConnectionError::Vault(error) => Self::internal(error),
            ConnectionError::Directory(error) => error.into(),
            ConnectionError::Database(error) => error.into(),
        }
    }
}
