//! Mail to people: verify an address, reset a password, accept an invitation. English and Vietnamese.
//! Sent over SMTP when one is configured, otherwise written as `.eml` files to a folder, where a developer opens them.
//! Invariant MAIL-1: what people typed (names) reaches only the body and the display name, never a header of its own.

use crate::{person::Locale, tokens::Token};
use lettre::{
    Address, AsyncFileTransport, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor,
    message::{Attachment, Mailbox, MultiPart, SinglePart, header::ContentType},
};
use std::{path::PathBuf, str::FromStr as _, time::Duration};
use url::Url;

#[derive(Clone, Debug)]
pub enum MailTransport {
    /// `smtp://user:password@host:587?tls=required` and the like (lettre's connection URL).
    Smtp(secrecy::SecretString),
    /// A folder that receives one `.eml` file per mail.
    Folder(PathBuf),
}

#[derive(Clone, Debug)]
pub struct MailSettings {
    pub transport: MailTransport,
    /// Address the mails come from.
    pub from: String,
}

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("MAIL_FROM {0:?} is not an address such as Switchyard <no-reply@example.com>")]
    From(String),
    #[error("SMTP_URL cannot be used: {0}")]
    SmtpUrl(String),
    #[error("the mail folder {0} cannot be made: {1}")]
    Folder(String, std::io::Error),
    #[error("the address {0:?} cannot be written to")]
    To(String),
    #[error("the mail could not be made: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("the mail could not be sent: {0}")]
    Send(String),
}

/// What a mail is about.
#[derive(Debug)]
pub enum Letter<'a> {
    Verify { token: &'a Token },
    Reset { token: &'a Token },
    Invite { token: &'a Token, tenant: &'a str, by: &'a str },
    /// Somebody signed up with an address that has an account already.
    AlreadyKnown,
    /// What a tenant writes to somebody it does business with, in its own words.
    Own { subject: &'a str, text: &'a str, from: &'a str },
}

/// A file that goes along.
#[derive(Debug)]
pub struct Enclosure {
    pub name: String,
    /// `application/pdf`
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Longest wait for the SMTP server.
const SMTP_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone)]
enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(AsyncFileTransport<Tokio1Executor>),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: Transport,
    from: Mailbox,
    public_url: Url,
}

impl Mailer {
    pub fn new(settings: &MailSettings, public_url: &Url) -> Result<Self, MailError> {
        use secrecy::ExposeSecret as _;
        let from = settings.from.parse().map_err(|_| MailError::From(settings.from.clone()))?;
        let transport = match &settings.transport {
            MailTransport::Smtp(url) => Transport::Smtp(
                AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret()).map_err(|e| MailError::SmtpUrl(e.to_string()))?.timeout(Some(SMTP_TIMEOUT)).build(),
            ),
            MailTransport::Folder(folder) => {
                std::fs::create_dir_all(folder).map_err(|e| MailError::Folder(folder.display().to_string(), e))?;
                Transport::Folder(AsyncFileTransport::new(folder))
            }
        };
        Ok(Self { transport, from, public_url: public_url.clone() })
    }

    pub(crate) async fn send(&self, to: &str, name: &str, locale: Locale, letter: &Letter<'_>) -> Result<(), MailError> {
        self.send_with(to, name, locale, letter, None).await
    }

    async fn send_with(&self, to: &str, name: &str, locale: Locale, letter: &Letter<'_>, enclosure: Option<Enclosure>) -> Result<(), MailError> {
        let address = Address::from_str(to).map_err(|_| MailError::To(to.chars().take(64).collect()))?;
        let (subject, body) = self.words(name, locale, letter);
        let message = Message::builder().from(self.from.clone()).to(Mailbox::new(Some(one_line(name)), address)).subject(subject);
        let message = match enclosure {
            None => message.header(ContentType::TEXT_PLAIN).body(body)?,
            Some(Enclosure { name, media_type, bytes }) => {
                let kind = ContentType::parse(media_type).unwrap_or(ContentType::TEXT_PLAIN);
                message.multipart(MultiPart::mixed().singlepart(SinglePart::plain(body)).singlepart(Attachment::new(one_line(&name)).body(bytes, kind)))?
            }
        };
        match &self.transport {
            Transport::Smtp(smtp) => smtp.send(message).await.map(drop).map_err(|e| MailError::Send(e.to_string())),
            Transport::Folder(folder) => folder.send(message).await.map(drop).map_err(|e| MailError::Send(e.to_string())),
        }
    }

    /// Sends what a tenant wrote to somebody it does business with.
    pub async fn write_to(&self, to: &str, name: &str, subject: &str, text: &str, from: &str) -> Result<(), MailError> {
        self.send(to, name, Locale::En, &Letter::Own { subject, text, from }).await
    }

    /// The same with a file.
    pub async fn write_with(&self, to: &str, name: &str, subject: &str, text: &str, from: &str, enclosure: Enclosure) -> Result<(), MailError> {
        self.send_with(to, name, Locale::En, &Letter::Own { subject, text, from }, Some(enclosure)).await
    }

    fn words(&self, name: &str, locale: Locale, letter: &Letter<'_>) -> (String, String) {
        if let Letter::Own { subject, text, from } = letter {
            return (one_line(subject), format!("{text}\n\n{}\n", one_line(from)));
        }
        // The token is in the fragment: browsers keep that part from servers, proxies and referrers.
        let link = |page: &str, token: &Token| format!("{}/{page}#token={}", self.public_url.as_str().trim_end_matches('/'), token.expose());
        let (subject, text) = match (letter, locale) {
            (Letter::Verify { token }, Locale::En) => (
                "Confirm your e-mail address".to_owned(),
                format!("please confirm your address within 3 days:\n\n{}\n\nIf you did not sign up to Switchyard, do not open this link.", link("verify-mail", token)),
            ),
            (Letter::Verify { token }, Locale::Vi) => (
                "Xác nhận địa chỉ e-mail".to_owned(),
                format!("vui lòng xác nhận địa chỉ e-mail của bạn trong vòng 3 ngày:\n\n{}\n\nNếu bạn không đăng ký Switchyard, đừng mở liên kết này.", link("verify-mail", token)),
            ),
            (Letter::Reset { token }, Locale::En) => (
                "Choose a new password".to_owned(),
                format!("choose a new password within one hour:\n\n{}\n\nIf you did not ask for this, nothing has changed and you need do nothing.", link("reset-password", token)),
            ),
            (Letter::Reset { token }, Locale::Vi) => (
                "Đặt lại mật khẩu".to_owned(),
                format!("hãy đặt mật khẩu mới trong vòng một giờ:\n\n{}\n\nNếu bạn không yêu cầu, mật khẩu của bạn vẫn như cũ và bạn không cần làm gì.", link("reset-password", token)),
            ),
            (Letter::Invite { token, tenant, by }, Locale::En) => (
                format!("{} invites you to {}", one_line(by), one_line(tenant)),
                format!("{} invites you to work with {} on Switchyard. The invitation is good for 7 days:\n\n{}", one_line(by), one_line(tenant), link("accept-invitation", token)),
            ),
            (Letter::Invite { token, tenant, by }, Locale::Vi) => (
                format!("{} mời bạn tham gia {}", one_line(by), one_line(tenant)),
                format!("{} mời bạn cùng làm việc với {} trên Switchyard. Lời mời có hiệu lực trong 7 ngày:\n\n{}", one_line(by), one_line(tenant), link("accept-invitation", token)),
            ),
            (Letter::AlreadyKnown, Locale::En) => (
                "You have an account already".to_owned(),
                format!("somebody tried to sign up with your address, which has an account already. If it was you, log in or choose a new password:\n\n{}", self.public_url),
            ),
            (Letter::Own { subject, text, .. }, _) => ((*subject).to_owned(), (*text).to_owned()),
            (Letter::AlreadyKnown, Locale::Vi) => (
                "Bạn đã có tài khoản".to_owned(),
                format!("có người vừa đăng ký bằng địa chỉ e-mail của bạn, vốn đã có tài khoản. Nếu đó là bạn, hãy đăng nhập hoặc đặt lại mật khẩu:\n\n{}", self.public_url),
            ),
        };
        let greeting = match locale {
            Locale::En => "Hello",
            Locale::Vi => "Xin chào",
        };
        (subject, format!("{greeting} {},\n\n{text}\n\nSwitchyard\n", one_line(name)))
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(name: &str, locale: Locale, letter: &Letter<'_>) -> String {
        let folder = std::env::temp_dir().join(format!("switchyard-mail-{}", uuid::Uuid::now_v7()));
        let settings = MailSettings { transport: MailTransport::Folder(folder.clone()), from: "Switchyard <no-reply@switchyard.test>".into() };
        let mailer = Mailer::new(&settings, &"https://switchyard.test".parse().unwrap()).unwrap();
        mailer.send("an@shop.vn", name, locale, letter).await.unwrap();
        let file = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
        let text = std::fs::read_to_string(file).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
        text
    }

    #[tokio::test]
    async fn every_letter_is_written_in_both_languages_with_its_link() {
        let token = Token::random();
        for locale in [Locale::En, Locale::Vi] {
            for letter in [Letter::Verify { token: &token }, Letter::Reset { token: &token }, Letter::Invite { token: &token, tenant: "Shop", by: "Bình" }] {
                let mailer = Mailer {
                    transport: Transport::Folder(AsyncFileTransport::new(std::env::temp_dir())),
                    from: "a@b.test".parse().unwrap(),
                    public_url: "https://switchyard.test".parse().unwrap(),
                };
                let (_, body) = mailer.words("An", locale, &letter);
                assert!(body.contains(&format!("#token={}", token.expose())) && body.contains("https://switchyard.test/"), "{body}");
            }
        }
    }

    #[tokio::test]
    async fn mail_1_a_name_with_line_breaks_makes_no_header() {
        let token = Token::random();
        let letter = Letter::Invite { token: &token, tenant: "Shop\r\nBcc: x@evil.test", by: "Eve\r\nX-Evil: 1" };
        let text = sent("An\r\nBcc: y@evil.test", Locale::En, &letter).await;
        let headers = text.split("\r\n\r\n").next().unwrap();
        assert!(!headers.lines().any(|line| line.to_lowercase().starts_with("bcc:") || line.starts_with("X-Evil")), "{headers}");
        assert!(text.contains("To: "), "{text}");
    }
}
