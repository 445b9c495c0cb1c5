//! Who approves which price: the tenant's matrix, and what it says of one line.
//! Invariant MATRIX-1: what a line needs is a function of the matrix' version and the line alone, so it can be judged again.
//! Invariant MATRIX-2: what cannot be compared (an amount in another currency) counts as above the limit, never below.

use super::price::{self, Priced};
use kernel::{Currency, Decimal, RoleId, Timestamp};
use serde::{Deserialize, Serialize};
use tenants::rights::{ManagePrices, ReadPrices};
use tenants::{Permit, TenantTx, audit};

pub const RULES_MAX: usize = 50;
pub const STEPS_MAX: usize = 2;
pub const DAYS_MAX: u16 = 366;

/// What may be given without asking, and who is asked beyond it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Percent below the list that nobody has to approve.
    pub allowed_discount: Decimal,
    /// Percent of margin that a price keeps, or somebody approves it.
    pub margin_min: Option<Decimal>,
    /// Whether a SKU that no list has asks for approval.
    pub unlisted: bool,
    /// Of the amounts in the rules.
    pub currency: String,
    /// Days a request waits for its answer.
    pub answer_days: u16,
    /// Days an approved price stands, unless the approver says another day.
    pub freeze_days: u16,
    /// The first that matches says who signs; none: one person with the right.
    pub rules: Vec<Rule>,
}

/// Matches a line for which everything that is told holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rule {
    pub discount_above: Option<Decimal>,
    pub margin_below: Option<Decimal>,
    /// Of the whole line, at the price asked.
    pub amount_above: Option<Decimal>,
    pub below_floor: bool,
    /// Roles that sign, in their order.
    pub steps: Vec<RoleId>,
}

impl Matrix {
    /// While the tenant has none: whatever is below its list is approved by one person.
    pub fn standard(currency: &str) -> Self {
        Self { allowed_discount: Decimal::ZERO, margin_min: None, unlisted: false, currency: currency.into(), answer_days: 7, freeze_days: 30, rules: Vec::new() }
    }
}

/// A line as it is judged, whole: kept with the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub sku: String,
    pub quantity: Decimal,
    pub price: Decimal,
    pub currency: String,
    /// `None`: no list has the SKU.
    pub list: Option<Priced>,
}

/// What the matrix says of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    pub discount_percent: Option<Decimal>,
    pub margin_percent: Option<Decimal>,
    pub value: Decimal,
    /// Why it needs approval; empty: it needs none. `below_floor`, `discount`, `margin`, `unlisted`
    pub reasons: Vec<String>,
    /// Who signs; a `None` is whoever has the right.
    pub steps: Vec<Option<RoleId>>,
}

impl Judgement {
    pub fn asks(&self) -> bool {
        !self.reasons.is_empty()
    }
}

/// Judges a line (MATRIX-1).
pub fn judge(matrix: &Matrix, line: &Asked) -> Judgement {
    let list = line.list.as_ref();
    let discount = list.map(|l| price::discount_percent(l.price, line.price));
    let margin = list.and_then(|l| price::margin_percent(line.price, l.cost, l.tax_included, l.tax_rate));
    let below_floor = list.and_then(|l| l.floor).is_some_and(|floor| line.price < floor);
    let value = line.price.checked_mul(line.quantity).unwrap_or(Decimal::MAX);
    let reasons = [
        ("below_floor", below_floor),
        ("discount", discount.is_some_and(|d| d > matrix.allowed_discount)),
        // A price that is not lowered is the list's own matter.
        ("margin", discount.is_some_and(|d| d > Decimal::ZERO) && margin.zip(matrix.margin_min).is_some_and(|(margin, least)| margin < least)),
        ("unlisted", list.is_none() && matrix.unlisted),
    ];
    let reasons: Vec<String> = reasons.into_iter().filter(|(_, holds)| *holds).map(|(reason, _)| reason.to_owned()).collect();
    let comparable = line.currency == matrix.currency;
    let matches = |rule: &&Rule| {
        rule.discount_above.is_none_or(|above| discount.is_none_or(|d| d > above))
            && rule.margin_below.is_none_or(|below| margin.is_none_or(|m| m < below))
            && rule.amount_above.is_none_or(|above| !comparable || value > above)
            && (!rule.below_floor || below_floor)
    };
    let steps = if reasons.is_empty() { Vec::new() } else { matrix.rules.iter().find(matches).map_or_else(|| vec![None], |rule| rule.steps.iter().copied().map(Some).collect()) };
    Judgement { discount_percent: discount, margin_percent: margin, value: value.normalize(), reasons, steps }
}

/// A matrix with its version; version 0 is the standard one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versioned {
    pub version: i32,
    pub matrix: Matrix,
    pub made_by: Option<String>,
    pub made_at: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    #[error("{field}: {wrong}")]
    Field { field: String, wrong: String },
    #[error("the matrix was changed meanwhile: it is at version {0} now")]
    Stale(i32),
    #[error("a stored matrix does not read back: {0}")]
    Unreadable(#[from] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// The matrix of a version (the newest without one), or the standard one in `currency`.
pub async fn of_version(tx: &mut TenantTx, version: Option<i32>, currency: &str) -> Result<Versioned, MatrixError> {
    let row = sqlx::query!(
        "select version, config, made_by, made_at from tenant.price_matrices where tenant_id = $1 and ($2::int is null or version = $2) order by version desc limit 1",
        tx.tenant(),
        version,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(match row {
        Some(row) => Versioned { version: row.version, matrix: serde_json::from_value(row.config)?, made_by: Some(row.made_by), made_at: Some(row.made_at) },
        None => Versioned { version: 0, matrix: Matrix::standard(currency), made_by: None, made_at: None },
    })
}

pub async fn get(tx: &mut TenantTx, _: Permit<ReadPrices>, currency: &str) -> Result<Versioned, MatrixError> {
    of_version(tx, None, currency).await
}

/// Makes the next version. Requests that were made keep theirs.
pub async fn set(tx: &mut TenantTx, _: Permit<ManagePrices>, seen: i32, matrix: &Matrix) -> Result<Versioned, MatrixError> {
    let wrong = |field: String, wrong: &str| Err(MatrixError::Field { field, wrong: wrong.into() });
    let percent = |p: Decimal| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&p);
    if !percent(matrix.allowed_discount) {
        return wrong("allowed_discount".into(), "a percentage between 0 and 100");
    }
    if matrix.margin_min.is_some_and(|p| !percent(p)) {
        return wrong("margin_min".into(), "a percentage between 0 and 100");
    }
    if matrix.currency.parse::<Currency>().is_err() {
        return wrong("currency".into(), "an ISO 4217 code such as VND");
    }
    for (field, days) in [("answer_days", matrix.answer_days), ("freeze_days", matrix.freeze_days)] {
        if !(1..=DAYS_MAX).contains(&days) {
            return wrong(field.into(), "1 to 366 days");
        }
    }
    if matrix.rules.len() > RULES_MAX {
        return wrong("rules".into(), "at most 50 rules");
    }
    let roles = sqlx::query_scalar!(r#"select id as "id: RoleId" from tenant.roles where tenant_id = $1"#, tx.tenant()).fetch_all(tx.conn()).await?;
    for (index, rule) in matrix.rules.iter().enumerate() {
        let at = |field: &str| format!("rules/{index}/{field}");
        if rule.discount_above.is_some_and(|p| !percent(p)) {
            return wrong(at("discount_above"), "a percentage between 0 and 100");
        }
        if rule.margin_below.is_some_and(|p| p.abs() > Decimal::ONE_HUNDRED) {
            return wrong(at("margin_below"), "a percentage between -100 and 100");
        }
        if rule.amount_above.is_some_and(|a| a < Decimal::ZERO) {
            return wrong(at("amount_above"), "not below zero");
        }
        if rule.steps.is_empty() || rule.steps.len() > STEPS_MAX {
            return wrong(at("steps"), "one or two roles");
        }
        if let Some(step) = rule.steps.iter().position(|role| !roles.contains(role)) {
            return wrong(at(&format!("steps/{step}")), "there is no such role");
        }
    }
    // The lock of the newest row would not hold against a first one: the key decides.
    let newest = of_version(tx, None, &matrix.currency).await?.version;
    if newest != seen {
        return Err(MatrixError::Stale(newest));
    }
    let made = sqlx::query!(
        "insert into tenant.price_matrices (tenant_id, version, config, made_by, made_at) values ($1, $2, $3, $4, $5) on conflict (tenant_id, version) do nothing",
        tx.tenant(),
        newest + 1,
        serde_json::to_value(matrix)?,
        tx.actor().who.to_string(),
        tx.now(),
    )
    .execute(tx.conn())
    .await?;
    if made.rows_affected() == 0 {
        return Err(MatrixError::Stale(newest + 1));
    }
    audit::write(tx, "price_matrix.set", None, serde_json::json!({"version": newest + 1})).await?;
    of_version(tx, Some(newest + 1), &matrix.currency).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::PriceListId;

    fn asked(price: i64, quantity: i64, currency: &str) -> Asked {
        let list = Priced { list: PriceListId::new(), list_name: "l".into(), version: 1, min_quantity: 1.into(), name: None, price: 100.into(), floor: Some(70.into()), cost: Some(60.into()), tax_included: false, tax_rate: None };
        Asked { sku: "A".into(), quantity: quantity.into(), price: price.into(), currency: currency.into(), list: Some(list) }
    }

    #[test]
    fn matrix_1_the_policy_on_one_page() {
        let (sales, chief) = (RoleId::new(), RoleId::new());
        let matrix = Matrix {
            allowed_discount: 5.into(),
            margin_min: Some(30.into()),
            rules: vec![
                Rule { below_floor: true, steps: vec![sales, chief], ..Rule::default() },
                Rule { amount_above: Some(10_000.into()), steps: vec![chief], ..Rule::default() },
                Rule { discount_above: Some(10.into()), steps: vec![sales], ..Rule::default() },
            ],
            ..Matrix::standard("VND")
        };
        let said = |price: i64, quantity: i64, currency: &str| {
            let judged = judge(&matrix, &asked(price, quantity, currency));
            (judged.reasons, judged.steps)
        };
        let is = |reasons: &[&str], steps: &[Option<RoleId>]| (reasons.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>(), steps.to_vec());
        for (price, quantity, currency, expected) in [
            (100, 1, "VND", is(&[], &[])),
            (120, 1, "VND", is(&[], &[])),
            (95, 1, "VND", is(&[], &[])),
            (94, 1, "VND", is(&["discount"], &[None])),
            (89, 1, "VND", is(&["discount"], &[Some(sales)])),
            (85, 1, "VND", is(&["discount", "margin"], &[Some(sales)])),
            (94, 200, "VND", is(&["discount"], &[Some(chief)])),
            (94, 1, "USD", is(&["discount"], &[Some(chief)])),
            (69, 1, "VND", is(&["below_floor", "discount", "margin"], &[Some(sales), Some(chief)])),
        ] {
            assert_eq!(said(price, quantity, currency), expected, "{quantity} at {price} {currency}");
        }
        let unlisted = Asked { list: None, ..asked(1, 1, "VND") };
        assert!(!judge(&matrix, &unlisted).asks());
        assert_eq!(judge(&Matrix { unlisted: true, ..matrix }, &unlisted).reasons, ["unlisted"]);
    }
}
