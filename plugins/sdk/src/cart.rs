//! Carts from chats. A cart is a wish, not a sale: nothing of it is paid, delivered or agreed.
//!
//! Where a channel has no order message of its own, a merchant's bot writes the cart into a message (or into what a button
//! sends). Two forms are read, and nothing else:
//!
//! ```text
//! #order VND
//! 2 x TEA-01 @ 50000
//! 1 x MUG-3 @ 120000.50
//! ```
//!
//! ```json
//! {"order":{"currency":"VND","items":[{"sku":"TEA-01","quantity":2,"price":50000}],"name":"Hoa","phone":"+84…","address":"…","note":"…"}}
//! ```
//!
//! The price is for one unit. The currency may be left out where the account has one; of the second form `name` of an item and
//! everything behind `items` may be left out. A member or a line that is not known is an error, never skipped.
//!
//! Invariant CART-1: a cart is told as a description with the status `cart`, without any money received and without cash on
//! delivery. The rule for consumers confirms such an order only once it is paid in full; until then a person does.
//! Invariant CART-2: the id of the message is the id of the order: a message sent again changes nothing, and no later message
//! changes an order that somebody may have confirmed.

use crate::{
    Decimal, Problem,
    facts::{Address, Buyer, Description, Fact, Telling, What, description, line},
    json::Json,
    read::{Node, TEXT_BYTES_MAX, decimal, malformed},
};

const ITEMS_MAX: usize = 200;
const SKU_BYTES_MAX: usize = 100;
const FIRST_WORD: &str = "#order";
/// The status of every cart.
pub const STATUS: &str = "cart";

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cart {
    pub currency: Option<String>,
    pub items: Vec<Item>,
    pub name: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub note: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub sku: String,
    pub name: Option<String>,
    pub quantity: Decimal,
    /// For one unit.
    pub price: Decimal,
}

/// Who wrote, where and when.
pub struct Sender {
    /// The channel's id of the person.
    pub id: String,
    pub name: Option<String>,
    pub phone: Option<String>,
    /// Where the cart came from, e.g. `line`.
    pub source: String,
}

/// Reads a cart. `None`: the text is no cart but talk.
pub fn read(text: &str) -> Option<Result<Cart, Problem>> {
    let text = text.trim();
    let first = text.lines().next().unwrap_or_default();
    if first.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(FIRST_WORD)) {
        return Some(of_lines(text));
    }
    if !text.starts_with('{') {
        return None;
    }
    let json = match Json::parse(text.as_bytes()) {
        Ok(json) => json,
        // Meant as a cart and cut short, e.g. by the limit of a button.
        Err(problem) if text.trim_start_matches(['{', ' ', '\n']).starts_with("\"order\"") => return Some(Err(malformed(format!("the cart is {problem}")))),
        Err(_) => return None,
    };
    json.get("order")?;
    Some(Node::root(&json).and_then(|root| root.require_child("order")).and_then(|order| of_json(&order)))
}

fn of_lines(text: &str) -> Result<Cart, Problem> {
    let mut cart = Cart::default();
    for (index, told) in text.lines().map(str::trim).enumerate().filter(|(_, told)| !told.is_empty()) {
        let words: Vec<&str> = told.split_whitespace().collect();
        match (index, words.as_slice()) {
            (0, [_]) => {}
            (0, [_, currency]) => cart.currency = Some(currency.to_uppercase()),
            (1.., [quantity, times, sku, "@", price]) if times.eq_ignore_ascii_case("x") => {
                let amount = |text: &str| decimal(text).map_err(|wants| malformed(format!("line {} of the cart: {wants}", index + 1)));
                cart.items.push(Item { sku: (*sku).to_owned(), name: None, quantity: amount(quantity)?, price: amount(price)? });
            }
            _ => {
                let short: String = told.chars().take(60).collect();
                return Err(malformed(format!("line {} of the cart: `2 x SKU @ 50000` is wanted, {short:?} is told", index + 1)));
            }
        }
    }
    checked(cart)
}

fn of_json(order: &Node<'_>) -> Result<Cart, Problem> {
    only(order, &["currency", "items", "name", "phone", "address", "note"])?;
    let mut items = Vec::new();
    for item in order.children("items")?.ok_or_else(|| order.missing("items"))? {
        only(&item, &["sku", "name", "quantity", "price"])?;
        items.push(Item { sku: item.require_id("sku")?, name: item.text("name")?, quantity: item.require_quantity("quantity")?, price: item.require_decimal("price")? });
    }
    checked(Cart {
        currency: order.currency("currency")?.map(|currency| currency.to_uppercase()),
        items,
        name: order.text("name")?,
        phone: order.id("phone")?,
        address: order.text("address")?,
        note: order.text("note")?,
    })
}

fn only(node: &Node<'_>, known: &[&str]) -> Result<(), Problem> {
    match node.members().find(|(name, _)| !known.contains(name)) {
        Some((name, _)) => Err(node.problem(&name.chars().take(40).collect::<String>(), &format!("is none of {}", known.join(", ")))),
        None => Ok(()),
    }
}

/// What holds for every cart, whoever wrote it.
pub fn checked(cart: Cart) -> Result<Cart, Problem> {
    if cart.items.is_empty() {
        return Err(malformed("the cart is empty"));
    }
    if cart.items.len() > ITEMS_MAX {
        return Err(malformed(format!("the cart has {} items, at most {ITEMS_MAX} are read", cart.items.len())));
    }
    for item in &cart.items {
        let sku: String = item.sku.chars().take(40).collect();
        if item.sku.len() > SKU_BYTES_MAX {
            return Err(malformed(format!("the cart: a SKU has at most {SKU_BYTES_MAX} bytes, {sku}… has {}", item.sku.len())));
        }
        if item.quantity <= Decimal::ZERO || item.price < Decimal::ZERO {
            return Err(malformed(format!("the cart: of {sku} a quantity above 0 and a price of 0 or more are wanted, {} at {} are told", item.quantity, item.price)));
        }
    }
    Ok(cart)
}

impl Cart {
    /// The cart as a fact about its order (CART-1). `currency` is the account's, for a cart that names none.
    pub fn told(self, telling: &Telling, sender: &Sender, currency: Option<&str>) -> Result<Fact, Problem> {
        let currency = self.currency.or(currency.filter(|set| !set.is_empty()).map(str::to_owned));
        let currency = currency.ok_or_else(|| Problem::InvalidConfig("currency: the cart names none, so the account's is wanted, e.g. VND".into()))?;
        let mut lines = Vec::new();
        for (index, item) in self.items.into_iter().enumerate() {
            let mut goods = line((index + 1).to_string(), "product", item.quantity, item.price, &currency);
            goods.sku = Some(item.sku);
            goods.name = item.name;
            lines.push(goods);
        }
        let (name, phone) = (self.name.or(sender.name.clone()), self.phone.or(sender.phone.clone()));
        let buyer = Buyer { id: Some(sender.id.clone()), name: name.clone(), phone: phone.clone(), email: None, company: None, tax_code: None, masked: false };
        let ship_to = self.address.map(|written| Address {
            recipient: name,
            phone,
            line: Some(written.chars().take(TEXT_BYTES_MAX / 4).collect()),
            district: None,
            city: None,
            region: None,
            postcode: None,
            country: None,
        });
        Ok(telling.fact(What::Described(Description {
            placed_at: Some(telling.occurred_at.clone()),
            currency: Some(currency),
            status: Some(STATUS.into()),
            lines: Some(lines),
            buyer: Some(buyer),
            ship_to,
            note: self.note,
            source: Some(sender.source.clone()),
            ..description()
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(sku: &str, quantity: &str, price: &str) -> Item {
        Item { sku: sku.into(), name: None, quantity: quantity.parse().unwrap(), price: price.parse().unwrap() }
    }

    #[test]
    fn two_forms_of_one_cart() {
        let lines = read("  #ORDER vnd\n2 x TEA-01 @ 50000\n\n 1.5  X  MUG-3 @ 120000.50 \n").unwrap().unwrap();
        assert_eq!(lines, Cart { currency: Some("VND".into()), items: vec![item("TEA-01", "2", "50000"), item("MUG-3", "1.5", "120000.50")], ..Cart::default() });
        let json = read(r#"{"order":{"currency":"VND","items":[{"sku":"TEA-01","quantity":"2","price":50000},{"sku":"MUG-3","quantity":1.5,"price":"120000.50"}]}}"#);
        assert_eq!(json.unwrap().unwrap(), lines);
        let whole = read(r#"{"order":{"items":[{"sku":7,"quantity":1,"price":0.1,"name":"Tea"}],"name":"Hoa","phone":84901234567,"address":"1 Lê Lợi","note":null}}"#).unwrap().unwrap();
        assert_eq!((whole.items[0].sku.as_str(), whole.items[0].price.to_string().as_str(), whole.phone.as_deref()), ("7", "0.1", Some("84901234567")));
    }

    #[test]
    fn talk_is_no_cart() {
        for text in ["", "hello", "2 x TEA-01 @ 50000", "#orders\n2 x A @ 1", "I want to #order", "{}", r#"{"action":"buy"}"#, "{order}", "[1]", r#"{"a":1"#] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        let says = |text: &str| match read(text) {
            Some(Err(Problem::Malformed(said))) => said,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(says("#order VND\n2 TEA @ 5"), "line 2 of the cart: `2 x SKU @ 50000` is wanted, \"2 TEA @ 5\" is told");
        assert_eq!(says("#order VND\n2 x TEA @ 50.000,00"), "line 2 of the cart: an amount such as 1250000 or 12.50 is wanted, \"50.000,00\" is told");
        assert_eq!(says("#order"), "the cart is empty");
        assert!(says("#order VND now\n1 x A @ 1").starts_with("line 1 of the cart"));
        assert!(says("#order\n0 x A @ 1").contains("a quantity above 0"));
        assert!(says("#order\n1 x A @ -1").contains("a price of 0 or more"));
        assert_eq!(says(r#"{"order":{"items":[{"sku":"A","qty":1,"price":1}]}}"#), "order.items[0].qty: is none of sku, name, quantity, price");
        assert_eq!(says(r#"{"order":{"items":[{"sku":"A","quantity":1}]}}"#), "order.items[0].price is missing");
        assert_eq!(says(r#"{"order":{"items":[],"paid":true}}"#), "order.paid: is none of currency, items, name, phone, address, note");
        assert!(says(r#"{"order":{"items":[{"sku":"A","#).starts_with("the cart is not JSON"));
        assert!(says(r#"{"order":[]}"#).contains("an object is wanted"));
    }

    #[test]
    fn cart_1_nothing_is_paid_or_promised() {
        let telling = Telling { order: "m1".into(), revision: 5, occurred_at: "2026-11-23T10:00:00Z".into() };
        let sender = Sender { id: "U1".into(), name: Some("Hoa".into()), phone: None, source: "line".into() };
        let cart = || read("#order\n2 x A @ 0.1\n1 x A @ 3").unwrap().unwrap();
        let What::Described(told) = cart().told(&telling, &sender, Some("VND")).unwrap().what else { panic!("a cart is a description") };
        assert_eq!((told.status.as_deref(), told.cash_on_delivery, told.stated_total, told.payment_method), (Some("cart"), None, None, None));
        let lines = told.lines.unwrap();
        assert_eq!(lines.iter().map(|line| (line.id.as_str(), line.unit_price.amount.as_str())).collect::<Vec<_>>(), [("1", "0.1"), ("2", "3")]);
        assert!(matches!(cart().told(&telling, &sender, None), Err(Problem::InvalidConfig(_))));
        assert!(matches!(cart().told(&telling, &sender, Some("")), Err(Problem::InvalidConfig(_))));
    }
}
