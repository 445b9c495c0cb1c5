//! An order, its items, or both -> the sale, the money, cancelled units, units that came back, an invoice wish.

use crate::{
    country::{self, Country},
    lines::{self, Bought},
    naming::{Fullness, Stage, stage, telling, unit},
    parcel, person,
};
use switchyard_sdk::{
    Decimal, Problem,
    facts::{Cancellation, Description, Fact, GoodsReturn, InvoiceRequest, Telling, Tender, What, description, money},
    json::Json,
    read::Node,
    time,
};

/// What is at hand of one order. `items` is none where they were not told; `country` is the shop's.
pub struct Order<'a> {
    pub id: String,
    pub order: Option<&'a Node<'a>>,
    pub items: Option<&'a [Node<'a>]>,
    pub country: Option<Country>,
    pub received_at: &'a str,
}

pub fn facts(told: &Order<'_>) -> Result<Vec<Fact>, Problem> {
    let items = told.items.unwrap_or_default();
    let fullness = if told.order.is_some() && told.items.is_some() { Fullness::Whole } else { Fullness::Part };
    let telling = telling(told.id.clone(), &told.changed_at()?, fullness);
    let words = told.words()?;
    let stages: Vec<Option<Stage>> = words.iter().map(|word| stage(word)).collect();
    let currency = told.currency()?;
    let bought = match (&currency, told.items) {
        (_, None) => None,
        (Some(currency), Some(items)) => Some(lines::bought(told.order, items, currency)?),
        (None, Some(_)) => return Err(country::wanted("the items name no currency")),
    };
    let stated = told.order.map_or(Ok(None), |order| lines::stated_total(order, bought.as_ref()))?;

    let described = told.describe(&words, currency.clone(), bought.as_ref(), stated)?;
    let mut facts = vec![telling.fact(What::Described(described))];
    if let Some(currency) = &currency {
        let total = stated.or(bought.as_ref().map(Bought::total));
        facts.extend(told.tender(&stages, bought.as_ref(), total, currency)?.map(|tender| telling.fact(What::Tendered(tender))));
    }
    facts.extend(parcel::shipments(items, &stages)?.into_iter().map(|shipment| telling.fact(What::Shipped(shipment))));
    facts.extend(told.cancellations(&stages, &telling)?.into_iter().map(|cancellation| telling.fact(What::Cancelled(cancellation))));
    facts.extend(came_back(items, &stages, &telling)?.into_iter().map(|back| telling.fact(What::Returned(back))));
    facts.extend(told.invoice()?.map(|wish| telling.fact(What::InvoiceRequested(wish))));
    Ok(facts)
}

impl Order<'_> {
    fn nodes(&self) -> impl Iterator<Item = &Node<'_>> {
        self.order.into_iter().chain(self.items.unwrap_or_default())
    }

    /// The latest of the update times; an answer without any counts from the moment it was received.
    fn changed_at(&self) -> Result<String, Problem> {
        let mut latest: Option<String> = None;
        for key in ["updated_at", "created_at"] {
            for node in self.nodes() {
                let at = node.moment(key)?;
                if at.as_deref().map(time::epoch_seconds) > latest.as_deref().map(time::epoch_seconds) {
                    latest = at;
                }
            }
            if latest.is_some() {
                break;
            }
        }
        Ok(latest.unwrap_or_else(|| self.received_at.to_owned()))
    }

    /// The items' own words, one each; without items the set that the order has.
    fn words(&self) -> Result<Vec<String>, Problem> {
        match self.items {
            Some(items) => items.iter().map(|item| Ok(item.word("status")?.unwrap_or_default())).collect(),
            None => match self.order {
                Some(order) if order.has("statuses") => order.texts("statuses"),
                Some(order) => Ok(order.word("status")?.into_iter().collect()),
                None => Ok(Vec::new()),
            },
        }
    }

    /// The order names no currency, its items do (SPEC §5). Without items the country says it: the shop's, or the buyer's.
    fn currency(&self) -> Result<Option<String>, Problem> {
        for node in self.nodes() {
            if let Some(currency) = node.code("currency")? {
                return Ok(Some(currency));
            }
        }
        if let Some(country) = self.country {
            return Ok(Some(country.currency.to_owned()));
        }
        for key in ["address_shipping", "address_billing"] {
            if let Some(address) = self.order.and_then(|order| order.maybe(key))
                && let Some(country) = address.word("country")?.as_deref().and_then(Country::of)
            {
                return Ok(Some(country.currency.to_owned()));
            }
        }
        Ok(None)
    }

    fn describe(&self, words: &[String], currency: Option<String>, bought: Option<&Bought>, stated: Option<Decimal>) -> Result<Description, Problem> {
        let mut status: Vec<&str> = Vec::new();
        for word in words.iter().map(String::as_str).filter(|word| !word.is_empty()) {
            if !status.contains(&word) {
                status.push(word);
            }
        }
        let of = |key: &str| self.order.map_or(Ok(None), |order| order.word(key));
        let note: Vec<String> = [of("buyer_note")?, of("remarks")?, of("gift_message")?].into_iter().flatten().collect();
        let mut placed_at = None;
        for node in self.nodes() {
            placed_at = placed_at.or(node.moment("created_at")?);
        }
        let method = of("payment_method")?;
        Ok(Description {
            number: Some(of("order_number")?.unwrap_or_else(|| self.id.clone())),
            placed_at,
            currency,
            status: Some(status.join("/")).filter(|status| !status.is_empty()),
            lines: bought.map(|bought| bought.lines.clone()),
            stated_total: stated.map(|total| total.to_string()),
            buyer: person::buyer(self.order, self.items.unwrap_or_default())?,
            ship_to: self.order.and_then(|order| order.maybe("address_shipping")).map(|address| person::ship_to(&address)).transpose()?,
            cash_on_delivery: method.as_deref().map(on_delivery),
            payment_method: method,
            branch: self.first("warehouse_code")?,
            note: Some(note.join("\n")).filter(|note| !note.is_empty()),
            ..description()
        })
    }

    /// The first value under a key, of the order or of its items.
    fn first(&self, key: &str) -> Result<Option<String>, Problem> {
        for node in self.nodes() {
            if let Some(word) = node.word(key)? {
                return Ok(Some(word));
            }
        }
        Ok(None)
    }

    /// Cash is what the items that arrive cost: it is open while any is on its way, and gone when none can arrive. Anything
    /// else is paid once an item is past `unpaid`, and Lazada holds it.
    fn tender(&self, stages: &[Option<Stage>], bought: Option<&Bought>, total: Option<Decimal>, currency: &str) -> Result<Option<Tender>, Problem> {
        let method = self.first("payment_method")?;
        let Some(total) = total.filter(|total| !total.is_zero()) else { return Ok(None) };
        if stages.is_empty() || stages.iter().all(|stage| *stage == Some(Stage::Unpaid)) {
            return Ok(None);
        }
        let mut paid_at = None;
        for node in self.nodes() {
            paid_at = paid_at.or(node.moment("payment_time")?);
        }
        let arrived = |stage: &Option<Stage>| matches!(stage, Some(Stage::Delivered | Stage::Returned));
        let open = |stage: &Option<Stage>| matches!(stage, None | Some(Stage::Unpaid | Stage::Pending | Stage::Ready | Stage::InTransit));
        let (state, holder, amount) = if method.as_deref().is_some_and(on_delivery) {
            let coming = |stage: &Option<Stage>| arrived(stage) || open(stage);
            let amount = match bought {
                Some(bought) if stages.iter().any(coming) => {
                    bought.paid.iter().zip(stages).filter(|(_, stage)| coming(stage)).map(|(paid, _)| *paid).sum::<Decimal>() + bought.shipping
                }
                _ => total,
            };
            match (stages.iter().any(open), stages.iter().any(arrived)) {
                (true, _) => ("pending", "carrier", amount),
                (false, true) => ("captured", "marketplace", amount),
                (false, false) => ("voided", "carrier", total),
            }
        } else {
            // A presale's second instalment is still owed; how much was paid is not told.
            let owed = self.first("stage_pay_status")?.is_some_and(|word| word.to_ascii_lowercase().starts_with("unpaid"));
            // Items alone do not say how they are paid: only a time of payment does then.
            let moved = self.order.is_some() && stages.iter().any(|stage| stage.is_some_and(|stage| !matches!(stage, Stage::Unpaid | Stage::Cancelled)));
            if owed || (paid_at.is_none() && !moved) {
                return Ok(None);
            }
            ("captured", "marketplace", total)
        };
        let at = if state == "captured" { paid_at } else { None };
        let method = method.unwrap_or_else(|| "Lazada".into());
        Ok(Some(Tender { id: "payment".into(), method, state: state.into(), amount: money(amount.normalize(), currency), holder: holder.into(), reference: None, at }))
    }

    /// Cancelled units by their items; when all are, the order. A buyer's wish waits for the seller (`need_cancel_confirm`) or
    /// for the carrier (`is_cancel_pending`).
    fn cancellations(&self, stages: &[Option<Stage>], telling: &Telling) -> Result<Vec<Cancellation>, Problem> {
        let mut told = Vec::new();
        let all = !stages.is_empty() && stages.iter().all(|stage| *stage == Some(Stage::Cancelled));
        if let (Some(items), false) = (self.items, all) {
            for (item, stage) in items.iter().zip(stages) {
                let id = item.require_id("order_item_id")?;
                let state = match stage {
                    Some(Stage::Cancelled) => "accepted",
                    _ if asked(item)? => "requested",
                    _ => continue,
                };
                told.push(Cancellation { state: state.into(), reason: reason(item)?, by: initiator(item)?, lines: vec![unit(&id)], at: Some(telling.occurred_at.clone()), id });
            }
            return Ok(told);
        }
        if all || self.order.map_or(Ok(false), asked)? {
            let of = |read: fn(&Node<'_>) -> Result<Option<String>, Problem>| self.nodes().find_map(|node| read(node).transpose()).transpose();
            told.push(Cancellation {
                id: "order".into(),
                state: if all { "accepted" } else { "requested" }.into(),
                reason: of(reason)?,
                by: of(initiator)?,
                lines: Vec::new(),
                at: Some(telling.occurred_at.clone()),
            });
        }
        Ok(told)
    }

    /// A tax code, or a wish inside the JSON text of `extra_attributes`, asks for an invoice; a number on an item means that
    /// there is one (SPEC §5, §11).
    fn invoice(&self) -> Result<Option<InvoiceRequest>, Problem> {
        let of = |key: &str| self.order.map_or(Ok(None), |order| order.word(key));
        let tax_code = of("tax_code")?;
        let mut number = None;
        for item in self.items.unwrap_or_default() {
            number = number.or(item.word("invoice_number")?);
        }
        let wished = self.order.is_some_and(wishes_invoice);
        if tax_code.is_none() && number.is_none() && !wished {
            return Ok(None);
        }
        let address = self.order.and_then(|order| order.maybe("address_billing")).map(|address| person::ship_to(&address)).transpose()?;
        let branch = of("branch_number")?.map(|branch| format!("branch {branch}"));
        let place: Vec<String> = address.iter().flat_map(|a| [&a.line, &a.district, &a.city, &a.region, &a.postcode, &a.country]).flatten().cloned().chain(branch).collect();
        Ok(Some(InvoiceRequest {
            requested: true,
            number,
            name: address.and_then(|address| address.recipient),
            tax_code,
            email: None,
            address: Some(place.join(", ")).filter(|place| !place.is_empty()),
        }))
    }
}

fn wishes_invoice(order: &Node<'_>) -> bool {
    let yes = |json: &Json| matches!(json.get("TaxInvoiceRequested"), Some(Json::Flag(true))) || matches!(json.get("TaxInvoiceRequested"), Some(Json::Text(text)) if text.eq_ignore_ascii_case("true"));
    match order.members().find(|(name, _)| *name == "extra_attributes").map(|(_, value)| value) {
        Some(Json::Text(text)) => Json::parse(text.as_bytes()).is_ok_and(|json| yes(&json)),
        Some(json) => yes(json),
        None => false,
    }
}

fn asked(node: &Node<'_>) -> Result<bool, Problem> {
    Ok(node.switch("need_cancel_confirm")? == Some(true) || node.switch("is_cancel_pending")? == Some(true))
}

/// Who began it; an item nobody cancels says `null-null`.
fn initiator(node: &Node<'_>) -> Result<Option<String>, Problem> {
    Ok(node.word("cancel_return_initiator")?.filter(|word| word != "null-null"))
}

fn reason(node: &Node<'_>) -> Result<Option<String>, Problem> {
    let (reason, detail) = (node.word("reason")?, node.word("reason_detail")?);
    Ok(match (reason, detail) {
        (Some(reason), Some(detail)) if detail != reason => Some(format!("{reason}: {detail}")),
        (reason, detail) => reason.or(detail),
    })
}

/// A unit that came back is told under its item, whether an item or a reverse order tells it: it can come back once.
fn came_back(items: &[Node<'_>], stages: &[Option<Stage>], telling: &Telling) -> Result<Vec<GoodsReturn>, Problem> {
    let mut told = Vec::new();
    for (item, stage) in items.iter().zip(stages) {
        if *stage == Some(Stage::Returned) {
            let id = item.require_id("order_item_id")?;
            let lines = vec![unit(&id)];
            told.push(GoodsReturn { id, state: "received".into(), reason: reason(item)?, goods_back: true, exchange: false, refund: None, lines, at: Some(telling.occurred_at.clone()) });
        }
    }
    Ok(told)
}

pub fn on_delivery(method: &str) -> bool {
    let method = method.to_ascii_lowercase().replace(['_', '-', ' '], "");
    method == "cod" || method.contains("cashondelivery")
}
