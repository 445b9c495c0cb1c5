//! The document of a tax invoice, for shops in Brazil and the Philippines (`upload_invoice_doc`).

use crate::{api, errand::Look};
use switchyard_sdk::{
    InvoiceCopy, PluginError, Pushed, ask,
    ask::Content,
    errand::{self, Answer},
    write::{FormFile, form},
};

const FILE_BYTES_MAX: usize = 1 << 20;

pub fn push(order: &str, copy: &InvoiceCopy) -> Result<Pushed, PluginError> {
    let (file_type, ending) = kind(&copy.media_type)?;
    if copy.body.len() > FILE_BYTES_MAX {
        return Err(PluginError::Permanent(format!("Shopee takes invoices of at most {FILE_BYTES_MAX} bytes, this has {}", copy.body.len())));
    }
    // Uploaded by an earlier attempt: the order names the invoice.
    let look = Look::at(order)?;
    let known = look.order()?.child("invoice_data").and_then(|data| data.map_or(Ok(None), |data| data.id("number"))).map_err(ask::unreadable)?;
    if known.as_deref() == Some(copy.number.as_str()) {
        return look.done(known);
    }
    let name = format!("{}.{ending}", copy.number);
    let (media_type, bytes) = form(&[("order_sn", order), ("file_type", file_type)], &FormFile { field: "file", name: &name, media_type: &copy.media_type, bytes: &copy.body });
    match api::act("/api/v2/order/upload_invoice_doc", Content { media_type, bytes })? {
        Answer::Yes(_) => Ok(errand::done(Some(copy.number.clone()))),
        Answer::No { no, .. } => Ok(errand::refused(order, no)),
    }
}

/// Shopee's number of a kind of file, and how its name ends.
fn kind(media_type: &str) -> Result<(&'static str, &'static str), PluginError> {
    Ok(match media_type.split(';').next().unwrap_or_default().trim() {
        "application/pdf" => ("1", "pdf"),
        "image/jpeg" => ("2", "jpg"),
        "image/png" => ("3", "png"),
        "application/xml" | "text/xml" => ("4", "xml"),
        other => return Err(PluginError::Unsupported(format!("Shopee takes invoices as PDF, JPEG, PNG or XML, not {other}"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_files() {
        assert_eq!(kind("application/pdf").unwrap().0, "1");
        assert_eq!(kind("text/xml; charset=utf-8").unwrap(), ("4", "xml"));
        assert!(matches!(kind("text/html"), Err(PluginError::Unsupported(_))));
    }
}
