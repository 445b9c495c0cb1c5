//! How a parcel is handed over: what Shopee offers (`get_shipping_parameter`) and what it asks for with it.

use switchyard_sdk::{
    PluginError, Problem, ask,
    json::Json,
    read::Node,
    write::{id, object, text, with},
};

/// What is known for handing a parcel over.
pub struct Means<'a> {
    /// pickup or dropoff, where the seller has a choice.
    pub handover: Option<&'a str>,
    pub sender: Option<&'a str>,
    pub tracking: Option<&'a str>,
    pub carrier: Option<&'a str>,
}

impl Means<'_> {
    /// The way Shopee offers that is wanted, with what it asks for (`get_shipping_parameter`). A key of `info_needed` that is
    /// there offers its way, also with an empty list.
    pub fn way(&self, answer: &Node<'_>) -> Result<(&'static str, Json), PluginError> {
        let offered = answer.require_child("info_needed").map_err(ask::unreadable)?;
        let preferred = if self.handover == Some("dropoff") { ["dropoff", "pickup"] } else { ["pickup", "dropoff"] };
        for way in preferred {
            if offered.has(way) {
                let needed = offered.texts(way).map_err(ask::unreadable)?;
                return match way {
                    "pickup" => Ok(("pickup", self.pickup(answer, &needed)?)),
                    _ => Ok(("dropoff", self.dropoff(answer, &needed)?)),
                };
            }
        }
        // The documentation writes both.
        if offered.has("non_integrated") || offered.has("non-integrated") {
            return Ok(("non_integrated", with(object([]), "tracking_number", self.tracking.map(text))));
        }
        Err(PluginError::Permanent("Shopee offers no way to hand this parcel over".into()))
    }

    fn pickup(&self, answer: &Node<'_>, needed: &[String]) -> Result<Json, PluginError> {
        let read = || {
            let pickup = answer.child("pickup")?;
            let addresses = pickup.map_or(Ok(None), |pickup| pickup.children("address_list"))?.unwrap_or_default();
            let mut chosen: Option<(usize, Json)> = None;
            for address in &addresses {
                let flags = address.texts("address_flag")?;
                let rank = ["pickup_address", "default_address"].iter().position(|flag| flags.iter().any(|told| told == flag)).unwrap_or(2);
                if chosen.as_ref().is_none_or(|(best, _)| rank < *best) {
                    let slot = slot(address)?;
                    chosen = Some((rank, with(object([("address_id", id(&address.require_id("address_id")?))]), "pickup_time_id", slot.map(Json::Text))));
                }
            }
            Ok(chosen.map(|(_, asked)| asked))
        };
        let asked = read().map_err(ask::unreadable)?;
        let asked = match (asked, needed.iter().any(|field| field == "address_id")) {
            (Some(asked), _) => asked,
            (None, false) => object([]),
            (None, true) => return Err(PluginError::Permanent("the shop has no pick-up address with Shopee".into())),
        };
        self.tracked(asked, needed)
    }

    fn dropoff(&self, answer: &Node<'_>, needed: &[String]) -> Result<Json, PluginError> {
        let wants = |field: &str| needed.iter().any(|needed| needed == field);
        let lists = || {
            let Some(dropoff) = answer.child("dropoff")? else { return Ok((None, None)) };
            let branch = dropoff.children("branch_list")?.unwrap_or_default().first().map(|branch| branch.require_id("branch_id")).transpose()?;
            let mut slugs = Vec::new();
            for slug in dropoff.children("slug_list")?.unwrap_or_default() {
                slugs.push((slug.require_text("slug")?, slug.text("slug_name")?.unwrap_or_default()));
            }
            let named = slugs.iter().find(|(slug, name)| self.carrier.is_some_and(|carrier| carrier.eq_ignore_ascii_case(slug) || carrier.eq_ignore_ascii_case(name)));
            Ok((branch, named.or(slugs.first()).map(|(slug, _)| slug.clone())))
        };
        let (branch, slug) = lists().map_err(ask::unreadable)?;
        let mut asked = with(object([]), "branch_id", branch.filter(|_| wants("branch_id")).as_deref().map(id));
        asked = with(asked, "slug", slug.filter(|_| wants("slug")).map(Json::Text));
        // Some channels name both and take one of the two.
        if wants("sender_real_name") && !(self.tracking.is_some() && wants_tracking(needed)) {
            let sender = self.sender.ok_or_else(|| PluginError::InvalidConfig("sender_name is not set: Shopee wants the sender's real name for this drop-off".into()))?;
            return Ok(with(asked, "sender_real_name", Some(text(sender))));
        }
        self.tracked(asked, needed)
    }

    fn tracked(&self, asked: Json, needed: &[String]) -> Result<Json, PluginError> {
        if !wants_tracking(needed) {
            return Ok(asked);
        }
        let tracking = self.tracking.ok_or_else(|| PluginError::InvalidInput("Shopee wants the tracking number of this parcel".into()))?;
        Ok(with(asked, "tracking_number", Some(text(tracking))))
    }
}

fn wants_tracking(needed: &[String]) -> bool {
    needed.iter().any(|field| matches!(field.as_str(), "tracking_no" | "tracking_number"))
}

/// The recommended time slot, or else the first. Without slots Shopee finds a time itself.
fn slot(address: &Node<'_>) -> Result<Option<String>, Problem> {
    let mut slots = Vec::new();
    for slot in address.children("time_slot_list")?.unwrap_or_default() {
        let recommended = slot.texts("flags")?.iter().any(|flag| flag == "recommended");
        slots.extend(slot.id("pickup_time_id")?.map(|id| (!recommended, id)));
    }
    slots.sort_by_key(|(later, _)| *later);
    Ok(slots.into_iter().next().map(|(_, id)| id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handed(answer: &str, means: &Means<'_>) -> Result<String, PluginError> {
        let json = Json::parse(answer.as_bytes()).unwrap();
        means.way(&Node::root(&json).unwrap()).map(|(way, with_what)| format!("{way} {with_what}"))
    }

    #[test]
    fn a_parcel_is_handed_over_as_shopee_asks() {
        let nothing = Means { handover: None, sender: None, tracking: None, carrier: None };
        let both = r#"{"info_needed":{"dropoff":[],"pickup":["address_id","pickup_time_id"]},"dropoff":null,"pickup":{"address_list":[
        {"address_id":123,"address_flag":["default_address"],"time_slot_list":null},
        {"address_id":234,"address_flag":["pickup_address"],"time_slot_list":[
            {"date":1608103685,"pickup_time_id":"1608103685"},{"date":1608190085,"pickup_time_id":"1608190085","flags":["recommended"]}]}]}}"#;
        assert_eq!(handed(both, &nothing).unwrap(), r#"pickup {"address_id":234,"pickup_time_id":"1608190085"}"#);
        assert_eq!(handed(both, &Means { handover: Some("dropoff"), ..nothing }).unwrap(), "dropoff {}");
        let no_slot = r#"{"info_needed":{"pickup":["address_id","tracking_number"]},"pickup":{"address_list":[{"address_id":1,"address_flag":null}]}}"#;
        assert!(matches!(handed(no_slot, &nothing), Err(PluginError::InvalidInput(_))));
        assert_eq!(handed(no_slot, &Means { tracking: Some("T1"), ..nothing }).unwrap(), r#"pickup {"address_id":1,"tracking_number":"T1"}"#);
        let own = r#"{"info_needed":{"non_integrated":["tracking_no"],"pickup":null}}"#;
        assert_eq!(handed(own, &nothing).unwrap(), "non_integrated {}");
        assert_eq!(handed(own, &Means { tracking: Some("T1"), ..nothing }).unwrap(), r#"non_integrated {"tracking_number":"T1"}"#);
        let branch = r#"{"info_needed":{"dropoff":["branch_id","sender_real_name","tracking_no","slug"]},"dropoff":{"branch_list":[{"branch_id":7}],
        "slug_list":[{"slug":"ok-1","slug_name":"OK Mart"},{"slug":"hi-1","slug_name":"Hi-Life"}]}}"#;
        assert!(matches!(handed(branch, &nothing), Err(PluginError::InvalidConfig(_))));
        assert_eq!(handed(branch, &Means { sender: Some("Hoa"), ..nothing }).unwrap(), r#"dropoff {"branch_id":7,"slug":"ok-1","sender_real_name":"Hoa"}"#);
        assert_eq!(handed(branch, &Means { tracking: Some("T1"), carrier: Some("hi-life"), ..nothing }).unwrap(), r#"dropoff {"branch_id":7,"slug":"hi-1","tracking_number":"T1"}"#);
        assert!(matches!(handed(r#"{"info_needed":{}}"#, &nothing), Err(PluginError::Permanent(_))));
    }
}
