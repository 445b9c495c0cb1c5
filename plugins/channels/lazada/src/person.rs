//! Who buys and where it goes, as far as Lazada lets it be seen.

use crate::country::Country;
use switchyard_sdk::{
    Problem,
    facts::{Address, Buyer},
    read::Node,
};

/// Lazada hides the person: names, phones and addresses are masked.
pub fn buyer(order: Option<&Node<'_>>, items: &[Node<'_>]) -> Result<Option<Buyer>, Problem> {
    let address = order.and_then(|order| order.maybe("address_shipping"));
    let of = |key: &str| order.map_or(Ok(None), |order| order.word(key));
    let at = |key: &str| address.as_ref().map_or(Ok(None), |address| address.word(key));
    let name: Vec<String> = [of("customer_first_name")?, of("customer_last_name")?].into_iter().flatten().collect();
    let mut id = None;
    for node in order.into_iter().chain(items) {
        id = id.or(node.name_of("buyer_id")?);
    }
    let buyer = Buyer {
        id,
        name: Some(name.join(" ")).filter(|name| !name.is_empty()).or(at("first_name")?),
        phone: at("phone")?.or(at("phone2")?),
        email: at("customer_email")?,
        company: None,
        tax_code: of("tax_code")?,
        masked: true,
    };
    Ok((buyer.id.is_some() || buyer.name.is_some()).then_some(buyer))
}

/// address3 is the state, address4 or `city` the city; the district has a field of its own, misspelt in some answers.
pub fn ship_to(address: &Node<'_>) -> Result<Address, Problem> {
    let join = |keys: [&str; 2], with: &str| -> Result<Option<String>, Problem> {
        let [first, second] = keys;
        let parts: Vec<String> = [address.word(first)?, address.word(second)?].into_iter().flatten().collect();
        Ok(Some(parts.join(with)).filter(|text| !text.is_empty()))
    };
    Ok(Address {
        recipient: join(["first_name", "last_name"], " ")?,
        phone: address.word("phone")?.or(address.word("phone2")?),
        line: join(["address1", "address2"], ", ")?,
        district: address.word("addressDistrict")?.or(address.word("addressDsitrict")?),
        city: address.word("city")?.or(address.word("address4")?),
        region: address.word("address3")?,
        postcode: address.word("post_code")?,
        country: address.word("country")?.map(Country::iso),
    })
}
