//! How a tenant issues tax invoices: who the seller is, under which regime, in which series, when. Every change is a new
//! version; documents keep the seller they were issued with.

use super::regime::{self, Regime};
use super::tax_code;
use kernel::{ChannelAccountId, Timestamp};
use tenants::rights::{CloseFinance, ReadFinance};
use tenants::{Permit, TenantTx, audit};
use uuid::Uuid;

/// Versions a tenant may make.
pub const VERSIONS_MAX: i32 = 1_000;
const TEXT_CHARS_MAX: usize = 200;
/// What stands at the foot of every page.
pub const FOOTER_CHARS_MAX: usize = 500;
const FOOTER_LINES_MAX: usize = 6;
/// Of documents on paper while nobody chose another.
pub const PAPER_COLOUR: &str = "#1f5f5b";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueOn {
    Manual,
    Ship,
    Pay,
    DayEnd,
}

impl IssueOn {
    pub const ALL: [IssueOn; 4] = [Self::Manual, Self::Ship, Self::Pay, Self::DayEnd];

    pub fn word(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Ship => "ship",
            Self::Pay => "pay",
            Self::DayEnd => "day_end",
        }
    }
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|issue_on| issue_on.word() == word)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct InvoiceSettings {
    pub version: i32,
    pub legal_name: String,
    pub tax_id: String,
    pub address: String,
    pub city: String,
    pub postcode: Option<String>,
    pub country: String,
    pub regime: Regime,
    pub series: String,
    pub credit_series: String,
    pub issue_on: IssueOn,
    /// What was sold before is issued by hand.
    pub automatic_since: Option<Timestamp>,
    pub correct_returns: bool,
    pub zero_rate: String,
    pub exemption_reason: Option<String>,
    pub consumer_name: String,
    /// `#1f5f5b`
    pub paper_colour: Option<String>,
    /// Lines, such as the bank and the telephone.
    pub paper_footer: Option<String>,
    /// Who gets each document as soon as it is issued; `None`: it is handed over by hand.
    pub provider_account: Option<ChannelAccountId>,
    pub set_at: Timestamp,
    pub set_by: String,
}

/// What the settings are to become, as people write it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub legal_name: String,
    pub tax_id: String,
    pub address: String,
    pub city: String,
    pub postcode: Option<String>,
    pub country: String,
    pub regime: String,
    pub series: String,
    pub credit_series: Option<String>,
    pub issue_on: String,
    pub correct_returns: bool,
    pub zero_rate: Option<String>,
    pub exemption_reason: Option<String>,
    pub consumer_name: Option<String>,
    pub paper_colour: Option<String>,
    pub paper_footer: Option<String>,
    pub provider_account: Option<ChannelAccountId>,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{field}: {expected}")]
    Field { field: &'static str, expected: String },
    #[error("the settings were changed meanwhile: they are at version {0} now")]
    Stale(i32),
    #[error("the settings were changed {VERSIONS_MAX} times, which is the most there may be")]
    TooMany,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The newest version; `None` until somebody made one.
pub(super) async fn newest(tx: &mut TenantTx) -> Result<Option<InvoiceSettings>, sqlx::Error> {
    let row = sqlx::query!(
        r#"select version, legal_name, tax_id, address, city, postcode, country, regime, series, credit_series, issue_on, automatic_since, correct_returns, zero_rate, exemption_reason, consumer_name, paper_colour, paper_footer,
             provider_account_id as "provider_account: ChannelAccountId", set_at, set_by
           from tenant.invoice_settings where tenant_id = $1 order by version desc limit 1"#,
        tx.tenant(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.and_then(|row| {
        Some(InvoiceSettings {
            version: row.version,
            legal_name: row.legal_name,
            tax_id: row.tax_id,
            address: row.address,
            city: row.city,
            postcode: row.postcode,
            country: row.country,
            regime: Regime::of_word(&row.regime)?,
            series: row.series,
            credit_series: row.credit_series,
            issue_on: IssueOn::of_word(&row.issue_on)?,
            automatic_since: row.automatic_since,
            correct_returns: row.correct_returns,
            zero_rate: row.zero_rate,
            exemption_reason: row.exemption_reason,
            consumer_name: row.consumer_name,
            paper_colour: row.paper_colour,
            paper_footer: row.paper_footer,
            provider_account: row.provider_account,
            set_at: row.set_at,
            set_by: row.set_by,
        })
    }))
}

pub async fn get(tx: &mut TenantTx, _: Permit<ReadFinance>) -> Result<Option<InvoiceSettings>, sqlx::Error> {
    newest(tx).await
}

/// Who the tenant is and how its paper looks, for what it sends to buyers; whoever may read that needs no right to finance.
pub async fn letterhead(tx: &mut TenantTx) -> Result<Option<InvoiceSettings>, sqlx::Error> {
    newest(tx).await
}

/// Makes a new version under the version seen (0: none yet).
pub async fn put(tx: &mut TenantTx, _: Permit<CloseFinance>, seen: i32, draft: &Draft) -> Result<InvoiceSettings, SettingsError> {
    let before = newest(tx).await?;
    let version = before.as_ref().map_or(0, |settings| settings.version);
    if version != seen {
        return Err(SettingsError::Stale(version));
    }
    if version >= VERSIONS_MAX {
        return Err(SettingsError::TooMany);
    }
    let mut settings = checked(draft)?;
    if let Some(account) = settings.provider_account {
        let there = sqlx::query_scalar!(
            r#"select exists (select from tenant.channel_accounts where tenant_id = $1 and id = $2 and kind = 'einvoice' and state <> 'disconnected' and installation_id is not null) as "there!""#,
            tx.tenant(),
            account.uuid(),
        )
        .fetch_one(tx.conn())
        .await?;
        if !there {
            return Err(SettingsError::Field { field: "provider_account_id", expected: "the id of a connected account of the kind einvoice".to_owned() });
        }
    }
    settings.version = version + 1;
    settings.set_at = tx.now();
    settings.set_by = tx.actor().who.to_string();
    settings.automatic_since = match settings.issue_on {
        IssueOn::Manual => None,
        _ => before.and_then(|before| before.automatic_since).or(Some(tx.now())),
    };
    let written = sqlx::query!(
        "insert into tenant.invoice_settings (tenant_id, version, legal_name, tax_id, address, city, postcode, country, regime, series, credit_series, issue_on, automatic_since, correct_returns, zero_rate, exemption_reason, consumer_name, paper_colour, paper_footer, provider_account_id, set_at, set_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) on conflict (tenant_id, version) do nothing",
        tx.tenant(),
        settings.version,
        settings.legal_name,
        settings.tax_id,
        settings.address,
        settings.city,
        settings.postcode,
        settings.country,
        settings.regime.word(),
        settings.series,
        settings.credit_series,
        settings.issue_on.word(),
        settings.automatic_since,
        settings.correct_returns,
        settings.zero_rate,
        settings.exemption_reason,
        settings.consumer_name,
        settings.paper_colour,
        settings.paper_footer,
        settings.provider_account.map(ChannelAccountId::uuid) as Option<Uuid>,
        settings.set_at,
        settings.set_by,
    )
    .execute(tx.conn())
    .await?;
    if written.rows_affected() == 0 {
        return Err(SettingsError::Stale(settings.version));
    }
    audit::write(tx, "invoices.settings_changed", None, serde_json::json!({"version": settings.version, "regime": settings.regime.word()})).await?;
    Ok(settings)
}

/// The settings of a draft, or the first field that is wrong.
pub fn checked(draft: &Draft) -> Result<InvoiceSettings, SettingsError> {
    let wrong = |field, expected: &str| SettingsError::Field { field, expected: expected.to_owned() };
    let text = |field: &'static str, text: &str| -> Result<String, SettingsError> {
        let text = text.trim();
        let plain = (1..=TEXT_CHARS_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if plain { Ok(text.to_owned()) } else { Err(wrong(field, "1 to 200 characters without control characters")) }
    };
    let optional = |field: &'static str, of: &Option<String>| of.as_deref().filter(|of| !of.trim().is_empty()).map(|of| text(field, of)).transpose();
    let regime = Regime::of_word(&draft.regime).ok_or(wrong("regime", "eu-en16931 or vn-2026-07"))?;
    let rules = regime.rules();
    let country = draft.country.clone();
    if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(wrong("country", "two capital letters such as DE (ISO 3166-1)"));
    }
    let tax_id = text("tax_id", &draft.tax_id)?.replace(' ', "");
    match regime {
        Regime::EuEn16931 if regime::vat_country(&tax_id).is_none() => return Err(wrong("tax_id", "a VAT id with its country such as DE123456789")),
        Regime::Vn202607 if !tax_code::is_vietnamese(&tax_id) => return Err(wrong("tax_id", "a tax code of ten digits with its check digit, or one of a branch such as 0100109106-001")),
        _ => {}
    }
    let series = |field: &'static str, series: &str| if regime.is_series(series) { Ok(series.to_owned()) } else { Err(wrong(field, regime.series_expected())) };
    let first = series("series", &draft.series)?;
    let credit_series = match &draft.credit_series {
        Some(credit) if !rules.one_series => series("credit_series", credit)?,
        _ => first.clone(),
    };
    let zero_rate = draft.zero_rate.clone().unwrap_or_else(|| rules.zero_rates[0].to_owned());
    if !rules.zero_rates.contains(&zero_rate.as_str()) {
        return Err(wrong("zero_rate", &rules.zero_rates.join(", ")));
    }
    let exemption_reason = optional("exemption_reason", &draft.exemption_reason)?;
    if zero_rate == "E" && exemption_reason.is_none() {
        return Err(wrong("exemption_reason", "the reason why no tax is charged: exempt supplies state one"));
    }
    Ok(InvoiceSettings {
        version: 0,
        legal_name: text("legal_name", &draft.legal_name)?,
        tax_id,
        address: text("address", &draft.address)?,
        city: text("city", &draft.city)?,
        postcode: optional("postcode", &draft.postcode)?,
        country,
        regime,
        series: first,
        credit_series,
        issue_on: IssueOn::of_word(&draft.issue_on).ok_or(wrong("issue_on", "manual, ship, pay or day_end"))?,
        automatic_since: None,
        correct_returns: draft.correct_returns,
        zero_rate,
        exemption_reason,
        consumer_name: optional("consumer_name", &draft.consumer_name)?.unwrap_or_else(|| if regime == Regime::Vn202607 { "Khách lẻ không lấy hóa đơn".into() } else { "Consumer".into() }),
        paper_colour: colour(&draft.paper_colour)?,
        paper_footer: footer(&draft.paper_footer)?,
        provider_account: draft.provider_account,
        set_at: Timestamp::default(),
        set_by: String::new(),
    })
}

/// White letters stand on it: nothing lighter than a middle grey.
fn colour(of: &Option<String>) -> Result<Option<String>, SettingsError> {
    let wrong = || SettingsError::Field { field: "paper_colour", expected: "a colour such as #1f5f5b that is dark enough for white letters".to_owned() };
    let Some(text) = of.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).ok_or_else(wrong)?;
    let part = |from: usize| u32::from_str_radix(&digits[from..from + 2], 16).unwrap_or_default();
    // Rec. 709, in thousandths.
    if (213 * part(0) + 715 * part(2) + 72 * part(4)) / 1_000 > 150 {
        return Err(wrong());
    }
    Ok(Some(text.to_ascii_lowercase()))
}

fn footer(of: &Option<String>) -> Result<Option<String>, SettingsError> {
    let Some(text) = of.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let fits = text.chars().count() <= FOOTER_CHARS_MAX && text.lines().count() <= FOOTER_LINES_MAX && !text.chars().any(|c| c.is_control() && c != '\n');
    if fits { Ok(Some(text.to_owned())) } else { Err(SettingsError::Field { field: "paper_footer", expected: format!("at most {FOOTER_CHARS_MAX} characters on {FOOTER_LINES_MAX} lines") }) }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn draft(regime: Regime) -> Draft {
        let vn = regime == Regime::Vn202607;
        Draft {
            legal_name: if vn { "Công ty TNHH Sông Hồng".into() } else { "Nordlicht Handel GmbH".into() },
            tax_id: if vn { "0100109106".into() } else { "DE123456789".into() },
            address: if vn { "1 Trần Hưng Đạo".into() } else { "Hauptstraße 1".into() },
            city: if vn { "Hà Nội".into() } else { "Hamburg".into() },
            postcode: (!vn).then(|| "20095".into()),
            country: if vn { "VN".into() } else { "DE".into() },
            regime: regime.word().into(),
            series: if vn { "CTAA".into() } else { "INV".into() },
            credit_series: (!vn).then(|| "CN".into()),
            issue_on: "manual".into(),
            correct_returns: true,
            ..Draft::default()
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for regime in Regime::ALL {
            checked(&draft(regime)).unwrap();
        }
        let refused = |change: fn(&mut Draft)| {
            let mut draft = draft(Regime::EuEn16931);
            change(&mut draft);
            match checked(&draft) {
                Err(SettingsError::Field { field, .. }) => field,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(refused(|d| d.legal_name = " ".into()), "legal_name");
        assert_eq!(refused(|d| d.tax_id = "123".into()), "tax_id");
        assert_eq!(refused(|d| d.country = "Germany".into()), "country");
        assert_eq!(refused(|d| d.regime = "us".into()), "regime");
        assert_eq!(refused(|d| d.series = "inv".into()), "series");
        assert_eq!(refused(|d| d.credit_series = Some("-".into())), "credit_series");
        assert_eq!(refused(|d| d.issue_on = "never".into()), "issue_on");
        assert_eq!(refused(|d| d.zero_rate = Some("X".into())), "zero_rate");
        assert_eq!(refused(|d| d.zero_rate = Some("E".into())), "exemption_reason");
        for colour in ["red", "#12345", "#12345g", "#ffffff", "#ffee00", "#12345678"] {
            assert!(super::colour(&Some(colour.into())).is_err(), "{colour}");
        }
        assert_eq!(super::colour(&Some(" #1F5F5B ".into())).unwrap().as_deref(), Some(PAPER_COLOUR));
        assert_eq!(refused(|d| d.paper_footer = Some("a\n".repeat(7))), "paper_footer");
    }
}
