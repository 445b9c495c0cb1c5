//! What a bank line may be: orders whose money is under way, by reference, amount and day.
//! Invariant BANK-5: certain is only what names an order (its number, its channel's id or a tender's reference, as a whole
//! word), is of exactly the amount that waits there, and is so for no other line and no other order. The rest is suggested.

use crate::finance::{Account, Role};
use kernel::{BankLineId, Decimal, OrderId, Timestamp};
use std::collections::{BTreeSet, HashMap};
use tenants::TenantTx;
use uuid::Uuid;

/// Items looked at: the newest.
const WAITING_MAX: i64 = 100_000;
/// Suggestions of one line.
pub const SUGGESTIONS_MAX: usize = 10;
/// Words of one line that are looked up.
const WORDS_MAX: usize = 60;
/// A line of the same amount is near an item when it came at most so many days later, or one earlier.
const NEAR_DAYS: i64 = 14;

/// Money that waits, with what may name it.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub order: OrderId,
    pub number: i64,
    pub account: Account,
    pub amount: Decimal,
    pub since: Timestamp,
    /// The channel's id and number, references of tenders.
    pub names: Vec<String>,
}

/// What is asked about one line.
#[derive(Clone, Debug)]
pub struct Question {
    pub line: BankLineId,
    pub amount: Decimal,
    pub booked_on: chrono::NaiveDate,
    pub words: Vec<String>,
}

/// An answer: what to take of which order, and what speaks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    pub order: OrderId,
    pub number: i64,
    pub account: Account,
    /// What waits there.
    pub open: Decimal,
    /// What of it the line can be.
    pub amount: Decimal,
    pub certain: bool,
    pub why: String,
}

/// A word as it is compared.
fn plain(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// The words of a text: pieces between spaces, and between other marks.
pub fn words(texts: &[Option<&str>]) -> Vec<String> {
    let mut found = BTreeSet::new();
    let split = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '#' | '/' | '.'));
    for piece in texts.iter().flatten().flat_map(|text| text.split(split)) {
        found.insert(plain(piece));
        for part in piece.split(|c: char| !c.is_alphanumeric()) {
            // A number of an order says that it is one: `#17`, `DH17`.
            found.insert(if piece.starts_with('#') { format!("#{}", plain(part)) } else { plain(part) });
        }
    }
    found.remove("");
    found.into_iter().take(WORDS_MAX).collect()
}

/// Words that name an item.
fn names(item: &Waiting) -> impl Iterator<Item = String> {
    let number = item.number;
    // Short numbers alone would be found in every date.
    let digits = (number >= 100_000).then(|| number.to_string());
    let numbers = [Some(format!("#{number}")), Some(format!("DH{number}")), Some(format!("ORDER{number}")), digits];
    item.names.iter().map(|name| plain(name)).filter(|name| name.chars().count() >= 4).chain(numbers.into_iter().flatten()).collect::<BTreeSet<_>>().into_iter()
}

pub struct Index {
    items: Vec<Waiting>,
    by_name: HashMap<String, Vec<usize>>,
    by_amount: HashMap<Decimal, Vec<usize>>,
}

impl Index {
    pub fn new(items: Vec<Waiting>) -> Self {
        let (mut by_name, mut by_amount): (HashMap<String, Vec<usize>>, HashMap<Decimal, Vec<usize>>) = (HashMap::new(), HashMap::new());
        for (at, item) in items.iter().enumerate() {
            names(item).for_each(|name| by_name.entry(name).or_default().push(at));
            by_amount.entry(item.amount.normalize()).or_default().push(at);
        }
        Self { items, by_name, by_amount }
    }

    /// Best first: named and of the amount, named, of the amount and near.
    pub fn suggest(&self, line: &Question) -> Vec<Suggestion> {
        let mut named: Vec<(usize, &str)> = Vec::new();
        for word in &line.words {
            for at in self.by_name.get(word).into_iter().flatten() {
                if !named.iter().any(|(known, _)| known == at) {
                    named.push((*at, word));
                }
            }
        }
        let fits = |item: &Waiting| item.amount.is_sign_negative() == line.amount.is_sign_negative();
        let mut found: Vec<(u8, i64, Suggestion)> = Vec::new();
        for (at, word) in &named {
            let Some(item) = self.items.get(*at).filter(|item| fits(item)) else { continue };
            let exact = item.amount == line.amount;
            let why = if exact { format!("names {word} and is of the amount that waits there") } else { format!("names {word}; {} waits there", item.amount.normalize()) };
            let smaller = if item.amount.abs() < line.amount.abs() { item.amount } else { line.amount };
            found.push((u8::from(!exact), days(item, line).abs(), suggestion(item, smaller, why)));
        }
        for at in self.by_amount.get(&line.amount.normalize()).into_iter().flatten() {
            let Some(item) = self.items.get(*at).filter(|_| !named.iter().any(|(known, _)| known == at)) else { continue };
            let days = days(item, line);
            if (-1..=NEAR_DAYS).contains(&days) {
                found.push((2, days.abs(), suggestion(item, line.amount, format!("is of the amount that waits there, {days} days after it was told"))));
            }
        }
        found.sort_by(|a, b| (a.0, a.1, a.2.number, a.2.account.to_string()).cmp(&(b.0, b.1, b.2.number, b.2.account.to_string())));
        let exact = found.iter().filter(|(rank, ..)| *rank == 0).count();
        found
            .into_iter()
            .take(SUGGESTIONS_MAX)
            .map(|(rank, _, suggestion)| Suggestion { certain: rank == 0 && exact == 1, ..suggestion })
            .collect()
    }

    /// The lines that are surely what they name, each order once.
    pub fn certain(&self, lines: &[Question]) -> Vec<(BankLineId, Suggestion)> {
        let mut found: Vec<(BankLineId, Suggestion)> = Vec::new();
        for line in lines {
            found.extend(self.suggest(line).into_iter().find(|suggestion| suggestion.certain).map(|suggestion| (line.line, suggestion)));
        }
        let mut wanted: HashMap<(OrderId, String), u32> = HashMap::new();
        for (_, suggestion) in &found {
            *wanted.entry((suggestion.order, suggestion.account.to_string())).or_default() += 1;
        }
        // Two lines that would be the same money: a person says which.
        found.retain(|(_, suggestion)| wanted.get(&(suggestion.order, suggestion.account.to_string())) == Some(&1));
        found
    }
}

fn days(item: &Waiting, line: &Question) -> i64 {
    (line.booked_on - item.since.date_naive()).num_days()
}

fn suggestion(item: &Waiting, amount: Decimal, why: String) -> Suggestion {
    Suggestion { order: item.order, number: item.number, account: item.account.clone(), open: item.amount, amount, certain: false, why }
}

/// What waits for the bank in a currency: transfers, payouts told, what carriers and processors hold.
pub async fn waiting(tx: &mut TenantTx, currency: &str) -> Result<Vec<Waiting>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select i.order_id, o.number, i.account, i.amount, i.since, o.external_id, o.external_number,
             array(select distinct f.body ->> 'reference' from tenant.order_facts f where f.tenant_id = $1 and f.order_id = i.order_id and f.kind = 'tendered' and f.body ->> 'reference' is not null) as "told!: Vec<Option<String>>"
           from tenant.open_items i join tenant.orders o on o.tenant_id = $1 and o.id = i.order_id
           where i.tenant_id = $1 and i.currency = $2 and split_part(i.account, ':', 1) <> 'marketplace_clearing'
           order by i.since desc, i.order_id limit $3"#,
        tx.tenant(),
        currency,
        WAITING_MAX,
    )
    .fetch_all(tx.conn())
    .await?;
    let read = |text: &str| text.parse().unwrap_or_else(|_| Account::new(Role::Suspense, Some(text)));
    Ok(rows
        .into_iter()
        .map(|row| Waiting {
            order: OrderId(row.order_id),
            number: row.number,
            account: read(&row.account),
            amount: row.amount.normalize(),
            since: row.since,
            names: [Some(row.external_id), row.external_number].into_iter().chain(row.told).flatten().collect(),
        })
        .collect())
}

/// What the lines say of themselves.
pub async fn lines(tx: &mut TenantTx, ids: &[BankLineId]) -> Result<Vec<Question>, sqlx::Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"select id as "id: BankLineId", amount, booked_on, reference, counterparty, text from tenant.bank_lines where tenant_id = $1 and id = any($2) order by booked_on, id"#,
        tx.tenant(),
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Question { line: row.id, amount: row.amount.normalize(), booked_on: row.booked_on, words: words(&[row.reference.as_deref(), row.counterparty.as_deref(), row.text.as_deref()]) })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: i64, amount: i64, name: &str) -> Waiting {
        Waiting { order: OrderId::new(), number, account: Role::BankClearing.into(), amount: amount.into(), since: "2026-11-20T03:00:00Z".parse().unwrap(), names: vec![name.into()] }
    }
    fn line(amount: i64, text: &str) -> Question {
        Question { line: BankLineId::new(), amount: amount.into(), booked_on: "2026-11-21".parse().unwrap(), words: words(&[Some(text)]) }
    }
    fn told(index: &Index, line: &Question) -> Vec<String> {
        index.suggest(line).iter().map(|s| format!("{} {} {}", s.number, s.certain, s.why)).collect()
    }

    #[test]
    fn bank_5_named_and_of_the_amount_is_certain_and_nothing_else() {
        let index = Index::new(vec![item(17, 500, "WEB-0017"), item(18, 500, "WEB-0018"), item(19, 700, "WEB-0019")]);
        assert_eq!(told(&index, &line(500, "thanh toan WEB-0017 cam on"))[0], "17 true names WEB0017 and is of the amount that waits there");
        assert_eq!(told(&index, &line(500, "don #18"))[0], "18 true names #18 and is of the amount that waits there");
        assert_eq!(told(&index, &line(500, "17")), ["17 false is of the amount that waits there, 1 days after it was told", "18 false is of the amount that waits there, 1 days after it was told"]);
        assert_eq!(told(&index, &line(600, "WEB0019")), ["19 false names WEB0019; 700 waits there"]);
        assert_eq!(told(&index, &line(500, "WEB-0017 WEB-0018")).iter().filter(|one| one.contains("true")).count(), 0);
        assert_eq!(told(&index, &line(-500, "WEB-0017")), [""; 0]);
    }

    #[test]
    fn bank_5_two_lines_for_the_same_money_are_for_a_person() {
        let index = Index::new(vec![item(17, 500, "WEB-0017")]);
        assert_eq!(index.certain(&[line(500, "WEB-0017")]).len(), 1);
        assert_eq!(index.certain(&[line(500, "WEB-0017"), line(500, "again WEB-0017")]).len(), 0);
    }
}
