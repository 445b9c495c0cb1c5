//! The document of a tax invoice, for local sellers in Brazil (`fulfillment/202502/invoice/upload`). The members of an
//! invoice are known from public code, not from the page [C]; `order_ids` is a list there.

use crate::{
    api,
    errand::{Look, packages, units},
};
use switchyard_sdk::{
    InvoiceCopy, PluginError, Pushed, Refusal, ask,
    errand::{self, Answer, No},
    json::Json,
    read::Node,
    write::{base64, object, text, texts},
};

pub fn push(order: &str, copy: &InvoiceCopy) -> Result<Pushed, PluginError> {
    let file_type = kind(&copy.media_type)?;
    let look = Look::at(order)?;
    let seen = look.order()?;
    if seen.text("need_upload_invoice").map_err(ask::unreadable)?.as_deref() == Some("INVOICE_UPLOADED") {
        return look.done(Some(copy.number.clone()));
    }
    let packages = packages(&units(&seen).map_err(ask::unreadable)?);
    if packages.is_empty() {
        return Err(PluginError::Retryable("TikTok Shop takes an invoice with its package, and has made none of this order yet".into()));
    }
    let asked = request(order, &packages, file_type, &copy.body);
    match api::act("/fulfillment/202502/invoice/upload", &[], Some(asked.to_string()))? {
        Answer::Yes(body) => {
            let refusals = failures(&body, order)?;
            let reference = refusals.is_empty().then(|| copy.number.clone());
            Ok(Pushed { refusals, ..errand::done(reference) })
        }
        Answer::No { no, .. } => Ok(errand::refused(order, no)),
    }
}

fn kind(media_type: &str) -> Result<&'static str, PluginError> {
    match media_type.split(';').next().unwrap_or_default().trim() {
        "application/xml" | "text/xml" => Ok("XML"),
        "application/pdf" => Ok("PDF"),
        other => Err(PluginError::Unsupported(format!("TikTok Shop takes invoices as XML or PDF, not {other}"))),
    }
}

fn request(order: &str, packages: &[String], file_type: &str, file: &[u8]) -> Json {
    let file = base64(file);
    let invoice = |package: &String| {
        object([("package_id", text(package)), ("order_ids", texts([&order.to_owned()])), ("file_type", text(file_type)), ("file", text(&file))])
    };
    object([("invoices", Json::List(packages.iter().map(invoice).collect()))])
}

/// A yes with `data.errors` is a no to the packages named there.
fn failures(body: &[u8], order: &str) -> Result<Vec<Refusal>, PluginError> {
    let json = Json::parse(body).map_err(PluginError::Permanent)?;
    let read = || {
        let mut failed = Vec::new();
        for error in Node::root(&json)?.child("data")?.map_or(Ok(None), |data| data.children("errors"))?.unwrap_or_default() {
            let package = error.child("detail")?.map_or(Ok(None), |detail| detail.id("package_id"))?;
            let no = No::new(error.id("code")?.unwrap_or_default(), error.text("message")?.unwrap_or_default());
            failed.push(errand::refusal(package.as_deref().unwrap_or(order), no));
        }
        Ok(failed)
    };
    read().map_err(ask::unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_goes_with_its_package() {
        assert_eq!(
            request("5", &["P1".into()], kind("text/xml").unwrap(), b"<NFe/>").to_string(),
            r#"{"invoices":[{"package_id":"P1","order_ids":["5"],"file_type":"XML","file":"PE5GZS8+"}]}"#
        );
        assert!(kind("image/png").is_err());
        assert!(failures(br#"{"code":0,"data":{}}"#, "5").unwrap().is_empty());
        let failed = failures(br#"{"code":0,"data":{"errors":[{"code":21,"message":"bad XML","detail":{"package_id":"P1","order_ids":["5"]}}]}}"#, "5").unwrap();
        assert_eq!((failed[0].subject.as_str(), failed[0].detail.as_str()), ("P1", "bad XML"));
    }
}
