//! Stock levels: one call per item, up to 50 of its models. A level is absolute, so telling it twice changes nothing.

use crate::api;
use switchyard_sdk::{
    Level, PluginError, Pushed, Refusal, ask,
    ask::Content,
    config,
    errand::{self, Answer, No},
    json::Json,
    read::{Node, is_blank},
    write::{id, object, text, with},
};

const MODELS_MAX: usize = 50;

/// A level of one model, with its listing as it was told.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    listing: String,
    item: String,
    model: String,
    units: String,
}

pub fn push(levels: &[Level]) -> Result<Pushed, PluginError> {
    let (wanted, mut refusals) = read(levels)?;
    let location = config::get("location_id").filter(|location| !location.is_empty());
    for models in batches(wanted) {
        let (answer, asked) = (api::act("/api/v2/product/update_stock", Content::json(request(&models, location.as_deref())))?, models);
        refusals.extend(match answer {
            Answer::Yes(body) => failures(&body, &asked)?,
            Answer::No { no, body } => {
                let failed = failures(&body, &asked).unwrap_or_default();
                // An error without a list is an error of all.
                if failed.is_empty() { asked.iter().map(|wanted| errand::refusal(&wanted.listing, no.clone())).collect() } else { failed }
            }
        });
    }
    Ok(Pushed { refusals, ..errand::done(None) })
}

/// A listing is `item-model` as lines of orders have it, or an item without models.
fn read(levels: &[Level]) -> Result<(Vec<Wanted>, Vec<Refusal>), PluginError> {
    let (mut wanted, mut refusals) = (Vec::new(), Vec::new());
    let digits = |text: &str| (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    for level in levels {
        let mut parts = level.listing.splitn(3, '-');
        let (item, model) = (parts.next().unwrap_or_default(), parts.next().unwrap_or("0"));
        if digits(item) && digits(model) {
            wanted.push(Wanted { listing: level.listing.clone(), item: item.into(), model: model.into(), units: errand::units(&level.available)? });
        } else {
            refusals.push(errand::refusal(&level.listing, No::new("listing", "an item, or an item and its model such as 2200149592-0, is wanted")));
        }
    }
    Ok((wanted, refusals))
}

/// Models of one item that go into one call. A model told twice counts as told last.
fn batches(wanted: Vec<Wanted>) -> Vec<Vec<Wanted>> {
    let mut batches: Vec<Vec<Wanted>> = Vec::new();
    for one in wanted {
        let same = |other: &Wanted| (&other.item, &other.model) == (&one.item, &one.model);
        if let Some(known) = batches.iter_mut().flatten().find(|other| same(other)) {
            *known = one;
            continue;
        }
        match batches.iter_mut().find(|batch| batch[0].item == one.item && batch.len() < MODELS_MAX) {
            Some(batch) => batch.push(one),
            None => batches.push(vec![one]),
        }
    }
    batches
}

fn request(models: &[Wanted], location: Option<&str>) -> Json {
    let stock = |wanted: &Wanted| {
        let at = with(object([]), "location_id", location.map(text));
        object([("model_id", id(&wanted.model)), ("seller_stock", Json::List(vec![with(at, "stock", Some(Json::Number(wanted.units.clone())))]))])
    };
    object([("item_id", id(&models[0].item)), ("stock_list", Json::List(models.iter().map(stock).collect()))])
}

/// What the answer says failed. A warning without a list counts for all: it tells of silent failure (SPEC §2.10).
fn failures(body: &[u8], asked: &[Wanted]) -> Result<Vec<Refusal>, PluginError> {
    let json = Json::parse(body).map_err(PluginError::Permanent)?;
    let read = || {
        let root = Node::root(&json)?;
        let mut failed = Vec::new();
        let list = root.child("response")?.map_or(Ok(None), |answer| answer.children("failure_list"))?.unwrap_or_default();
        for failure in &list {
            let model = failure.id("model_id")?.unwrap_or_else(|| "0".into());
            let listing = asked.iter().find(|wanted| wanted.model == model).map_or(model.as_str(), |wanted| wanted.listing.as_str());
            failed.push(errand::refusal(listing, No::new("failure_list", failure.text("failed_reason")?.unwrap_or_default())));
        }
        if let Some(warning) = root.text("warning")?.filter(|warning| list.is_empty() && !is_blank(warning)) {
            failed.extend(asked.iter().map(|wanted| errand::refusal(&wanted.listing, No::new("warning", warning.clone()))));
        }
        Ok(failed)
    };
    read().map_err(ask::unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(listing: &str, available: &str) -> Level {
        Level { listing: listing.into(), sku: None, available: available.into() }
    }

    #[test]
    fn models_of_one_item_share_a_call() {
        let levels = [level("11-1", "5"), level("22", "0.5"), level("11-2", "-1"), level("11-1", "7"), level("tea", "3")];
        let (wanted, refusals) = read(&levels).unwrap();
        assert_eq!(refusals.len(), 1);
        let requests: Vec<String> = batches(wanted).iter().map(|models| request(models, None).to_string()).collect();
        assert_eq!(
            requests,
            [
                r#"{"item_id":11,"stock_list":[{"model_id":1,"seller_stock":[{"stock":7}]},{"model_id":2,"seller_stock":[{"stock":0}]}]}"#,
                r#"{"item_id":22,"stock_list":[{"model_id":0,"seller_stock":[{"stock":0}]}]}"#,
            ]
        );
        let (wanted, _) = read(&levels[..1]).unwrap();
        assert_eq!(request(&wanted, Some("VN-1")).to_string(), r#"{"item_id":11,"stock_list":[{"model_id":1,"seller_stock":[{"location_id":"VN-1","stock":5}]}]}"#);
        let many: Vec<Level> = (0..51).map(|model| level(&format!("9-{model}"), "1")).collect();
        assert_eq!(batches(read(&many).unwrap().0).iter().map(Vec::len).collect::<Vec<_>>(), [50, 1]);
    }

    #[test]
    fn failures_are_told_by_listing() {
        let (asked, _) = read(&[level("11-1", "5"), level("11-2", "6")]).unwrap();
        let told = |body: &str| failures(body.as_bytes(), &asked).unwrap();
        assert!(told(r#"{"error":"","message":"","warning":"","response":{"failure_list":[],"success_list":[{"model_id":1,"stock":5}]}}"#).is_empty());
        assert!(told(r#"{"error":"","response":null}"#).is_empty());
        let failed = told(r#"{"error":"","response":{"failure_list":[{"model_id":2,"failed_reason":"Total stock must be more than reserved stock."}]}}"#);
        assert_eq!((failed.len(), failed[0].subject.as_str(), failed[0].detail.as_str()), (1, "11-2", "Total stock must be more than reserved stock."));
        assert_eq!(told(r#"{"error":"","warning":"some were left out"}"#).len(), 2);
    }
}
