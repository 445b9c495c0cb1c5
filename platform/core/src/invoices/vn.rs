//! The Vietnamese structure of a document (`HDon`): unsigned, as a provider takes it. Adjustments that lower an invoice have
//! amounts below zero and name the document they adjust, as replacements do.

use super::Kind;
use super::document::{Content, Party};
use super::life::Locked;
use super::regime::symbol;
use super::ubl::{Xml, amount};
use super::words;
use kernel::{Currency, Decimal};

/// `KHMSHDon` of an invoice with VAT.
const VAT_INVOICE: &str = "1";

/// The document as XML.
pub(super) fn write(document: &Locked, content: &Content, currency: Currency) -> String {
    let sign = if document.kind == Kind::Adjustment { -Decimal::ONE } else { Decimal::ONE };
    let money = |of: Decimal| amount(sign * of, &content.currency);
    let mut xml = Xml::new();
    xml.open("HDon", &[]);
    xml.open("DLHDon", &[("Id", "data")]);
    xml.within("TTChung", |xml| {
        xml.text("PBan", "2.0.1");
        xml.text("THDon", "Hóa đơn giá trị gia tăng");
        xml.text("KHMSHDon", VAT_INVOICE);
        xml.text("KHHDon", &symbol(&document.series, document.year));
        xml.text("SHDon", &document.sequence.to_string());
        xml.text("NLap", &document.issued_on.to_string());
        xml.text("DVTTe", &content.currency);
        xml.text("TGia", "1");
        xml.text("HTTToan", "TM/CK");
        if let Some(original) = &content.original {
            xml.within("TTHDLQuan", |xml| {
                xml.text("TCHDon", if document.kind == Kind::Replacement { "1" } else { "2" });
                xml.text("LHDCLQuan", "1");
                xml.text("KHMSHDCLQuan", VAT_INVOICE);
                xml.text("KHHDCLQuan", &symbol(&original.series, original.year));
                xml.text("SHDCLQuan", &original.sequence.to_string());
                xml.text("NLHDCLQuan", &original.issued_on.to_string());
                xml.maybe("GChu", content.reason.as_deref());
            });
        }
    });
    xml.within("NDHDon", |xml| {
        xml.within("NBan", |xml| party(xml, &content.seller));
        xml.within("NMua", |xml| party(xml, &content.buyer));
        xml.within("DSHHDVu", |xml| {
            for (index, line) in content.lines.iter().enumerate() {
                let reduced: Decimal = line.allowances.iter().map(|allowance| allowance.amount).sum();
                xml.within("HHDVu", |xml| {
                    xml.text("TChat", "1");
                    xml.text("STT", &(index + 1).to_string());
                    xml.maybe("MHHDVu", line.sku.as_deref());
                    xml.text("THHDVu", &line.name);
                    xml.text("SLuong", &(sign * line.quantity).to_string());
                    xml.text("DGia", &line.gross.checked_div(line.quantity).unwrap_or(line.gross).round_dp(6).normalize().to_string());
                    if !reduced.is_zero() {
                        xml.text("STCKhau", &money(reduced));
                    }
                    xml.text("ThTien", &money(line.base));
                    xml.text("TSuat", &line.category);
                });
            }
        });
        xml.within("TToan", |xml| {
            xml.within("THTTLTSuat", |xml| {
                for of_rate in &content.rates {
                    xml.within("LTSuat", |xml| {
                        xml.text("TSuat", &of_rate.category);
                        xml.text("ThTien", &money(of_rate.base));
                        xml.text("TThue", &money(of_rate.tax));
                    });
                }
            });
            xml.text("TgTCThue", &money(content.base));
            xml.text("TgTThue", &money(content.tax));
            xml.text("TgTTTBSo", &money(content.total));
            xml.text("TgTTTBChu", &words::amount(sign * content.total, currency));
        });
    });
    xml.close("DLHDon");
    xml.close("HDon");
    xml.done()
}

fn party(xml: &mut Xml, party: &Party) {
    xml.text("Ten", &party.name);
    xml.maybe("MST", party.tax_code.as_deref());
    let place: Vec<&str> = [party.address.as_deref(), party.city.as_deref()].into_iter().flatten().collect();
    xml.maybe("DChi", Some(&place.join(", ")));
    xml.maybe("DCTDTu", party.email.as_deref());
}
