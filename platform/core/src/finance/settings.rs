//! How a tenant's money is treated: taxes, rounding, points, chart, zone. Every change is a new version.
//! Invariant FIN-1: an order keeps to the version in force when it arrived, so what was posted for it can be computed again.

use super::chart::Chart;
use super::rounding::Rounding;
use chrono_tz::Tz;
use kernel::{Decimal, Timestamp};
use tenants::rights::{CloseFinance, ManageTenant, ReadFinance};
use tenants::{Permit, TenantTx, audit};

/// Versions a tenant may make: what is in force is found among all of them.
pub const VERSIONS_MAX: usize = 1_000;

#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub version: i32,
    pub country: String,
    pub time_zone: Tz,
    /// Prices that name no tax hold one, at the default rate.
    pub tax_included: bool,
    /// Percent.
    pub default_tax_rate: Option<Decimal>,
    pub rounding: Rounding,
    /// Taxes are rounded once a document and shared, instead of line by line.
    pub round_document: bool,
    /// Redeemed points lower the taxed price, instead of paying it.
    pub points_discount: bool,
    pub points_carrying_ratio: Decimal,
    pub chart: Chart,
    pub set_at: Timestamp,
    pub set_by: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: 0,
            country: "ZZ".into(),
            time_zone: Tz::UTC,
            tax_included: true,
            default_tax_rate: None,
            rounding: Rounding::HalfUp,
            round_document: false,
            points_discount: false,
            points_carrying_ratio: Decimal::ONE,
            chart: Chart::Generic,
            set_at: Timestamp::default(),
            set_by: "system:default".into(),
        }
    }
}

/// All versions of a tenant, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History(Vec<Settings>);

impl History {
    /// What was in force at the instant.
    pub fn at(&self, at: Timestamp) -> Settings {
        self.0.iter().rev().find(|settings| settings.set_at <= at).cloned().unwrap_or_default()
    }
    pub fn newest(&self) -> Settings {
        self.0.last().cloned().unwrap_or_default()
    }
}

/// What to change; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub country: Option<String>,
    pub time_zone: Option<String>,
    pub tax_treatment: Option<String>,
    /// `Some(None)` takes the rate away.
    pub default_tax_rate: Option<Option<Decimal>>,
    pub rounding: Option<String>,
    pub rounding_scope: Option<String>,
    pub points_as: Option<String>,
    pub points_carrying_ratio: Option<Decimal>,
    pub chart: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{field}: {expected}")]
    Field { field: &'static str, expected: &'static str },
    #[error("the settings were changed meanwhile: they are at version {0} now")]
    Stale(i32),
    #[error("the settings were changed {VERSIONS_MAX} times, which is the most there may be")]
    TooMany,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The key of the lock that closing a period takes alone and posting shares.
pub(super) fn period_lock(tx: &TenantTx) -> i64 {
    let bytes = *tx.tenant().as_bytes();
    let (high, low) = (u64::from_be_bytes(bytes[..8].try_into().unwrap_or_default()), u64::from_be_bytes(bytes[8..].try_into().unwrap_or_default()));
    (high ^ low ^ 0x6c65_6467_6572_0001).cast_signed()
}

/// All versions. Until the transaction ends no period is closed under it (LEDGER-4): what is posted next sees every
/// closing there is.
pub async fn open_books(tx: &mut TenantTx) -> Result<History, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select s.version as "version?", s.country as "country?", s.time_zone as "time_zone?", s.tax_treatment as "tax_treatment?", s.default_tax_rate as "default_tax_rate?",
             s.rounding as "rounding?", s.rounding_scope as "rounding_scope?", s.points_as as "points_as?", s.points_carrying_ratio as "points_carrying_ratio?",
             s.chart as "chart?", s.set_at as "set_at?", s.set_by as "set_by?"
           from (select pg_advisory_xact_lock_shared($2)) as books
           left join tenant.finance_settings s on s.tenant_id = $1
           order by s.version"#,
        tx.tenant(),
        period_lock(tx),
    )
    .fetch_all(tx.conn())
    .await?;
    let known = rows.into_iter().filter_map(|row| {
        let otherwise = Settings::default();
        Some(Settings {
            version: row.version?,
            country: row.country.unwrap_or(otherwise.country),
            time_zone: row.time_zone.and_then(|zone| zone.parse().ok()).unwrap_or(otherwise.time_zone),
            tax_included: row.tax_treatment.as_deref() != Some("on_top"),
            default_tax_rate: row.default_tax_rate.map(|rate| rate.normalize()),
            rounding: row.rounding.as_deref().and_then(Rounding::of_word).unwrap_or(otherwise.rounding),
            round_document: row.rounding_scope.as_deref() == Some("document"),
            points_discount: row.points_as.as_deref() == Some("discount"),
            points_carrying_ratio: row.points_carrying_ratio.map_or(otherwise.points_carrying_ratio, |ratio| ratio.normalize()),
            chart: row.chart.as_deref().and_then(Chart::of_word).unwrap_or(otherwise.chart),
            set_at: row.set_at.unwrap_or_default(),
            set_by: row.set_by.unwrap_or_default(),
        })
    });
    Ok(History(known.collect()))
}

/// The newest version.
pub async fn get(tx: &mut TenantTx, _: Permit<ReadFinance>) -> Result<Settings, sqlx::Error> {
    Ok(open_books(tx).await?.newest())
}

/// The tenant's own calendar becomes the books' (whoever manages the tenant says so in one place).
pub async fn follow_zone(tx: &mut TenantTx, _: Permit<ManageTenant>, zone: Tz) -> Result<(), SettingsError> {
    // Nothing is locked yet: `write` takes the books alone and sees whether the version is still this one.
    let seen = sqlx::query!("select version, time_zone from tenant.finance_settings where tenant_id = $1 order by version desc limit 1", tx.tenant()).fetch_optional(tx.conn()).await?;
    let (version, known) = seen.map_or((0, String::new()), |row| (row.version, row.time_zone));
    if known != zone.name() {
        write(tx, version, Change { time_zone: Some(zone.name().to_owned()), ..Change::default() }).await?;
    }
    Ok(())
}

/// Makes a new version under the version seen. It counts for orders that arrive from now on (FIN-1).
pub async fn change(tx: &mut TenantTx, _: Permit<CloseFinance>, seen: i32, change: Change) -> Result<Settings, SettingsError> {
    write(tx, seen, change).await
}

async fn write(tx: &mut TenantTx, seen: i32, change: Change) -> Result<Settings, SettingsError> {
    // Alone: whoever posts under the version before has committed, so no order that arrived after `set_at` knew only that.
    let (tenant, lock) = (tx.tenant(), period_lock(tx));
    let set_at = sqlx::query_scalar!(r#"select clock_timestamp() as "now!" from (select pg_advisory_xact_lock($1)) as alone where $2::uuid is not null"#, lock, tenant).fetch_one(tx.conn()).await?;
    let history = open_books(tx).await?;
    let mut settings = history.newest();
    if settings.version != seen {
        return Err(SettingsError::Stale(settings.version));
    }
    if history.0.len() >= VERSIONS_MAX {
        return Err(SettingsError::TooMany);
    }
    apply(&mut settings, change)?;
    settings.version += 1;
    settings.set_at = set_at.max(tx.now());
    settings.set_by = tx.actor().who.to_string();
    let written = sqlx::query!(
        "insert into tenant.finance_settings (tenant_id, version, country, time_zone, tax_treatment, default_tax_rate, rounding, rounding_scope, points_as, points_carrying_ratio, chart, set_at, set_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict (tenant_id, version) do nothing",
        tx.tenant(),
        settings.version,
        settings.country,
        settings.time_zone.name(),
        if settings.tax_included { "included" } else { "on_top" },
        settings.default_tax_rate,
        settings.rounding.word(),
        if settings.round_document { "document" } else { "line" },
        if settings.points_discount { "discount" } else { "tender" },
        settings.points_carrying_ratio,
        settings.chart.word(),
        settings.set_at,
        settings.set_by,
    )
    .execute(tx.conn())
    .await?;
    if written.rows_affected() == 0 {
        return Err(SettingsError::Stale(settings.version));
    }
    let version = settings.version;
    audit::write(tx, "finance.settings_changed", None, serde_json::json!({"version": version})).await?;
    Ok(settings)
}

fn apply(settings: &mut Settings, change: Change) -> Result<(), SettingsError> {
    let wrong = |field, expected| SettingsError::Field { field, expected };
    let either = |word: &str, yes: &str, no: &str| if word == yes { Some(true) } else if word == no { Some(false) } else { None };
    if let Some(country) = change.country {
        let two_letters = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
        settings.country = two_letters.then_some(country).ok_or(wrong("country", "two capital letters such as VN (ISO 3166-1)"))?;
    }
    if let Some(zone) = change.time_zone {
        settings.time_zone = zone.parse().map_err(|_| wrong("time_zone", "an IANA time zone such as Asia/Ho_Chi_Minh"))?;
    }
    if let Some(word) = change.tax_treatment {
        settings.tax_included = either(&word, "included", "on_top").ok_or(wrong("tax_treatment", "included or on_top"))?;
    }
    if let Some(rate) = change.default_tax_rate {
        let sane = rate.is_none_or(|rate| rate >= Decimal::ZERO && rate <= Decimal::ONE_HUNDRED && rate.scale() <= 4);
        settings.default_tax_rate = if sane { rate } else { return Err(wrong("default_tax_rate", "a percentage from 0 to 100 with at most four decimals")) };
    }
    if let Some(word) = change.rounding {
        settings.rounding = Rounding::of_word(&word).ok_or(wrong("rounding", "half_up, half_even or truncate"))?;
    }
    if let Some(word) = change.rounding_scope {
        settings.round_document = either(&word, "document", "line").ok_or(wrong("rounding_scope", "line or document"))?;
    }
    if let Some(word) = change.points_as {
        settings.points_discount = either(&word, "discount", "tender").ok_or(wrong("points_as", "tender or discount"))?;
    }
    if let Some(ratio) = change.points_carrying_ratio {
        let sane = ratio >= Decimal::ZERO && ratio <= Decimal::ONE && ratio.scale() <= 6;
        settings.points_carrying_ratio = if sane { ratio } else { return Err(wrong("points_carrying_ratio", "a number from 0 to 1 with at most six decimals")) };
    }
    if let Some(word) = change.chart {
        settings.chart = Chart::of_word(&word).ok_or(wrong("chart", "vn or generic"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn fin_1_an_order_keeps_to_the_version_of_its_arrival() {
        let at = |day| Timestamp::default() + TimeDelta::days(day);
        let made = |version, day| Settings { version, set_at: at(day), ..Settings::default() };
        let history = History(vec![made(1, 1), made(2, 5)]);
        assert_eq!([0, 1, 4, 5, 9].map(|day| history.at(at(day)).version), [0, 1, 1, 2, 2]);
    }

    #[test]
    fn wrong_settings_are_named() {
        let refused = |change: Change| match apply(&mut Settings::default(), change) {
            Err(SettingsError::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        };
        let word = || Some("x".to_owned());
        assert_eq!(refused(Change { country: word(), ..Change::default() }), "country");
        assert_eq!(refused(Change { time_zone: word(), ..Change::default() }), "time_zone");
        assert_eq!(refused(Change { tax_treatment: word(), ..Change::default() }), "tax_treatment");
        assert_eq!(refused(Change { default_tax_rate: Some(Some((-1).into())), ..Change::default() }), "default_tax_rate");
        assert_eq!(refused(Change { rounding: word(), ..Change::default() }), "rounding");
        assert_eq!(refused(Change { rounding_scope: word(), ..Change::default() }), "rounding_scope");
        assert_eq!(refused(Change { points_as: word(), ..Change::default() }), "points_as");
        assert_eq!(refused(Change { points_carrying_ratio: Some(2.into()), ..Change::default() }), "points_carrying_ratio");
        assert_eq!(refused(Change { chart: word(), ..Change::default() }), "chart");
    }
}
