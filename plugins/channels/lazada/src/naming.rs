//! Revisions, and what the word of an item means. Statuses are per item; an order has only the set of them (SPEC §5).

use switchyard_sdk::{
    facts::{LineQuantity, Telling},
    time,
};

/// How full a telling is; the last digit of the revision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Fullness {
    Push = 0,
    /// An order without its items, items without their order, a reverse order.
    Part = 1,
    Whole = 2,
}

/// What is told of an order at a time: seconds times ten, and the fuller of two tellings of one second wins.
pub fn telling(order: String, at: &str, fullness: Fullness) -> Telling {
    Telling { order, revision: time::epoch_seconds(at).unwrap_or_default().saturating_mul(10) + fullness as i64, occurred_at: at.to_owned() }
}

/// An item is one unit, so every named item counts one.
pub fn unit(item: &str) -> LineQuantity {
    LineQuantity { line_id: item.to_owned(), quantity: "1".into() }
}

/// Where a unit is, by the word of its item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Unpaid,
    /// Paid or to be paid at the door, not packed.
    Pending,
    Ready,
    InTransit,
    Delivered,
    /// It came back from the buyer.
    Returned,
    Returning,
    /// The carrier brought it back.
    ShippedBack,
    Failed,
    Lost,
    Cancelled,
}

pub fn stage(word: &str) -> Option<Stage> {
    Some(match word.trim().to_ascii_lowercase().as_str() {
        "unpaid" => Stage::Unpaid,
        "pending" | "topack" | "to_pack" | "confirmed" => Stage::Pending,
        "packed" | "repacked" | "ready_to_ship" | "ready_to_ship_pending" | "toship" | "to_ship" => Stage::Ready,
        "shipped" | "shipping" => Stage::InTransit,
        "delivered" => Stage::Delivered,
        "returned" => Stage::Returned,
        "shipped_back" => Stage::Returning,
        "shipped_back_success" => Stage::ShippedBack,
        "failed" | "failed_delivery" | "shipped_back_failed" | "damaged_by_3pl" | "package_scrapped" => Stage::Failed,
        "lost" | "lost_by_3pl" => Stage::Lost,
        // The API writes one l, people write two.
        "canceled" | "cancelled" => Stage::Cancelled,
        _ => return None,
    })
}

impl Stage {
    /// The parcel's state in the contract's words; None: there is no parcel (yet).
    pub fn shipment(self) -> Option<&'static str> {
        Some(match self {
            Stage::Ready => "ready",
            Stage::InTransit => "in_transit",
            // That it came back is told as a return: the parcel itself arrived.
            Stage::Delivered | Stage::Returned => "delivered",
            Stage::Returning => "returning",
            Stage::ShippedBack => "returned",
            Stage::Failed => "failed",
            Stage::Lost => "lost",
            Stage::Cancelled => "cancelled",
            Stage::Unpaid | Stage::Pending => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_word_is_known() {
        let words = "unpaid pending packed repacked ready_to_ship topack toship shipped delivered canceled returned failed failed_delivery lost lost_by_3pl \
                     damaged_by_3pl shipped_back shipped_back_success shipped_back_failed package_scrapped";
        assert!(words.split_whitespace().all(|word| stage(word).is_some()));
        assert_eq!((stage("Delivered"), stage("moon")), (Some(Stage::Delivered), None));
    }

    #[test]
    fn of_one_second_the_fuller_telling_wins() {
        let of = |fullness| telling("1".into(), "2020-10-26T07:50:38Z", fullness).revision;
        assert!(of(Fullness::Push) < of(Fullness::Part) && of(Fullness::Part) < of(Fullness::Whole));
        assert_eq!(of(Fullness::Push), 16_036_986_380);
    }
}
