//! What is printed: everything is text already, in the language and with the decimals it is to have.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    En,
    Vi,
}

/// A label and what it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub label: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    pub label: String,
    pub name: String,
    /// Address, tax code and the like, each on a line of its own.
    pub lines: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    /// In small letters below the name.
    pub detail: Option<String>,
    pub quantity: String,
    pub price: String,
    /// What lowered the price, below it.
    pub reductions: Vec<Fact>,
    pub amount: String,
    pub rate: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    pub rate: String,
    pub base: String,
    pub tax: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    pub label: String,
    pub value: String,
    pub strong: bool,
}

/// The document as data, inside the PDF.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub name: String,
    pub media_type: String,
    pub description: String,
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    pub language: Language,
    pub title: String,
    pub number: String,
    /// Year, month and day of the document.
    pub day: (i32, u8, u8),
    /// `#1f5f8b`
    pub colour: String,
    /// What it corrects and the like, below the number.
    pub references: Vec<String>,
    pub facts: Vec<Fact>,
    pub seller: Party,
    pub buyer: Party,
    /// Heads of number, item, quantity, price, rate, amount.
    pub columns: [String; 6],
    pub lines: Vec<Line>,
    pub rate_columns: [String; 3],
    pub rates: Vec<Rate>,
    pub totals: Vec<Total>,
    /// The total in words.
    pub words: Option<Fact>,
    pub notes: Vec<String>,
    pub footer: Vec<String>,
    /// The word for a page.
    pub page: String,
    pub attachment: Option<Attachment>,
}
