//! ISO 20022 CAMT.053: `BkToCstmrStmt/Stmt` with its balances and booked entries. Whatever version and prefix its namespace
//! has, elements are known by their local names. A document type is refused: what it declares could grow without end.

use super::file::{FileError, Line, Statement, tidy, wrong};
use chrono::NaiveDate;
use kernel::{Currency, Decimal};
use quick_xml::{Reader, events::Event};

const DEPTH_MAX: usize = 40;
const ELEMENTS_MAX: usize = 1_000_000;

#[derive(Default)]
struct Element {
    name: String,
    line: u64,
    /// The attribute `Ccy`.
    currency: Option<String>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
    fn at(&self, path: &str) -> Option<&Element> {
        path.split('/').try_fold(self, |element, name| element.child(name))
    }
    fn words(&self, path: &str) -> Option<String> {
        self.at(path).and_then(|element| tidy(&element.text))
    }
}

/// Where in the text a byte stands, counted on from the last question.
struct Lines<'a> {
    text: &'a str,
    seen: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, position: u64) -> u64 {
        let until = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        if let Some(piece) = self.text.as_bytes().get(self.seen..until) {
            self.line += piece.iter().filter(|byte| **byte == b'\n').count() as u64;
            self.seen = until;
        }
        self.line
    }
}

fn tree(text: &str) -> Result<Element, FileError> {
    let mut reader = Reader::from_str(text);
    let mut lines = Lines { text, seen: 0, line: 1 };
    let mut open = vec![Element::default()];
    let mut elements = 0_usize;
    loop {
        let line = lines.of(reader.buffer_position());
        let event = reader.read_event().map_or_else(|error| wrong(line, "XML", format!("is broken: {error}")), Ok)?;
        match event {
            Event::Eof => break,
            Event::DocType(_) => return wrong(line, "DOCTYPE", "a bank's statement has none"),
            Event::Start(ref start) | Event::Empty(ref start) => {
                elements += 1;
                if open.len() > DEPTH_MAX || elements > ELEMENTS_MAX {
                    return wrong(line, "XML", format!("is deeper than {DEPTH_MAX} or has more than {ELEMENTS_MAX} elements"));
                }
                let currency = start.try_get_attribute("Ccy").ok().flatten().map(|attribute| attribute.value.to_string());
                let element = Element { name: start.local_name().as_ref().to_owned(), line, currency, ..Element::default() };
                match (&event, open.last_mut()) {
                    (Event::Empty(_), Some(parent)) => parent.children.push(element),
                    _ => open.push(element),
                }
            }
            Event::End(_) => {
                let Some(done) = open.pop() else { break };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return wrong(line, "XML", "an element ends that never began"),
                }
            }
            Event::Text(words) => add(&mut open, &words.xml10_content()),
            Event::CData(words) => add(&mut open, &words.xml10_content()),
            Event::GeneralRef(name) => {
                let raw = format!("&{};", name.xml10_content());
                let words = quick_xml::escape::unescape(&raw).map_or_else(|_| wrong(line, "XML", format!("{raw} is not known")), Ok)?;
                add(&mut open, &words);
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    let mut open = open.into_iter();
    match (open.next(), open.next()) {
        (Some(root), None) => Ok(root),
        (_, unclosed) => wrong(unclosed.map_or(1, |element| element.line), "XML", "the file ends inside an element"),
    }
}

fn add(open: &mut [Element], words: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(words);
    }
}

pub fn read(bytes: &[u8]) -> Result<Vec<Statement>, FileError> {
    let text = std::str::from_utf8(bytes).map_or_else(|_| wrong(1, "encoding", "the file must be UTF-8"), Ok)?;
    let root = tree(text.trim_start_matches('\u{feff}'))?;
    let Some(report) = root.at("Document/BkToCstmrStmt") else {
        return wrong(1, "Document", "must hold BkToCstmrStmt (CAMT.053)");
    };
    report.all("Stmt").map(statement).collect()
}

/// The amount with its sign by `CdtDbtInd`.
fn signed(of: &Element) -> Result<(Decimal, Currency), FileError> {
    let Some(amount) = of.child("Amt") else { return wrong(of.line, "Amt", "is missing") };
    let value = kernel::money::parse_decimal(amount.text.trim()).ok().filter(|value| !value.is_sign_negative());
    let value = value.map_or_else(|| wrong(amount.line, "Amt", format!("{:?} is no amount such as 1250.50", amount.text.trim())), Ok)?;
    let currency = amount.currency.as_deref().and_then(|code| code.parse().ok());
    let currency = currency.map_or_else(|| wrong(amount.line, "Ccy", "a currency such as VND is missing"), Ok)?;
    match of.words("CdtDbtInd").as_deref() {
        Some("CRDT") => Ok((value, currency)),
        Some("DBIT") => Ok((-value, currency)),
        _ => wrong(of.line, "CdtDbtInd", "must be CRDT or DBIT"),
    }
}

fn day(of: &Element, name: &str) -> Result<NaiveDate, FileError> {
    let told = of.at(&format!("{name}/Dt")).or_else(|| of.at(&format!("{name}/DtTm")));
    let parsed = told.and_then(|told| told.text.trim().get(..10)?.parse().ok());
    parsed.map_or_else(|| wrong(told.map_or(of.line, |told| told.line), name, "a day such as 2026-11-23 is missing"), Ok)
}

fn statement(of: &Element) -> Result<Statement, FileError> {
    let reference = of.words("Id").map_or_else(|| wrong(of.line, "Id", "is missing"), Ok)?;
    let account = of.words("Acct/Id/IBAN").or_else(|| of.words("Acct/Id/Othr/Id")).map(|number| number.replace(' ', ""));
    let mut currency = of.words("Acct/Ccy").and_then(|code| code.parse::<Currency>().ok());
    let (mut opening, mut closing) = (None, None);
    let mut days: Vec<NaiveDate> = Vec::new();
    for balance in of.all("Bal") {
        let code = balance.words("Tp/CdOrPrtry/Cd").unwrap_or_default();
        let slot = match code.as_str() {
            "OPBD" | "PRCD" => &mut opening,
            "CLBD" => &mut closing,
            _ => continue,
        };
        let (amount, its) = signed(balance)?;
        if *currency.get_or_insert(its) != its {
            return wrong(balance.line, "Ccy", format!("the balance is in {its}, not in the account's currency"));
        }
        // The balance that was booked before says the same as the opening one.
        if slot.is_none() || code == "OPBD" {
            *slot = Some(amount);
        }
        days.push(day(balance, "Dt")?);
    }
    let mut lines = Vec::new();
    for entry in of.all("Ntry") {
        let status = entry.words("Sts/Cd").or_else(|| entry.words("Sts"));
        if status.as_deref() != Some("BOOK") {
            // Announced, not booked: no balance holds it.
            continue;
        }
        let (amount, its) = signed(entry)?;
        if *currency.get_or_insert(its) != its {
            return wrong(entry.line, "Ccy", format!("the entry is in {its}, not in the account's currency"));
        }
        let line = movement(entry, amount)?;
        days.push(line.booked_on);
        lines.push(line);
    }
    for (name, balance) in [("OPBD", opening), ("CLBD", closing)] {
        if balance.is_none() {
            return wrong(of.line, "Bal", format!("the balance {name} is missing"));
        }
    }
    let (from, to) = (days.iter().min().copied().unwrap_or_default(), days.iter().max().copied().unwrap_or_default());
    Ok(Statement { line: of.line, reference: reference.chars().take(100).collect(), account, currency, opening, closing, from, to, lines })
}

fn movement(entry: &Element, amount: Decimal) -> Result<Line, FileError> {
    let details: Vec<&Element> = entry.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    let first = |path: &str| details.iter().find_map(|one| one.words(path)).filter(|text| text != "NOTPROVIDED");
    let other = if amount.is_sign_negative() { "Cdtr" } else { "Dbtr" };
    let name = first(&format!("RltdPties/{other}/Nm")).or_else(|| first(&format!("RltdPties/{other}/Pty/Nm")));
    let unstructured: Vec<&str> = details.iter().filter_map(|one| one.child("RmtInf")).flat_map(|info| info.all("Ustrd")).map(|words| words.text.as_str()).collect();
    let text = tidy(&unstructured.join(" ")).or_else(|| first("AddtlTxInf")).or_else(|| entry.words("AddtlNtryInf"));
    let reference = first("RmtInf/Strd/CdtrRefInf/Ref").or_else(|| first("Refs/EndToEndId")).or_else(|| first("Refs/InstrId")).or_else(|| entry.words("NtryRef"));
    Ok(Line { line: entry.line, booked_on: day(entry, "BookgDt")?, amount, id: entry.words("AcctSvcrRef").or_else(|| first("Refs/AcctSvcrRef")), reference, counterparty: name, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(inside: &str) -> String {
        format!("<?xml version=\"1.0\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">\n<BkToCstmrStmt>\n<Stmt><Id>S 1</Id>\n<Acct><Id><IBAN>DE89 3704</IBAN></Id><Ccy>EUR</Ccy></Acct>\n{inside}\n</Stmt></BkToCstmrStmt></Document>")
    }
    fn balance(code: &str, amount: &str) -> String {
        format!("<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>")
    }
    const ENTRY: &str = "<Ntry><Amt Ccy=\"EUR\">10.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><DtTm>2026-11-21T09:00:00</DtTm></BookgDt><AcctSvcrRef>B1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>W-77</EndToEndId></Refs><RltdPties><Dbtr><Nm>M&#252;ller &amp; Co</Nm></Dbtr></RltdPties><RmtInf><Ustrd>order <![CDATA[W-77]]></Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>";
    const PENDING: &str = "<Ntry><Amt Ccy=\"EUR\">9</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts></Ntry>";

    #[test]
    fn a_statement_is_read_with_its_booked_entries() {
        let text = file(&format!("{}{}{ENTRY}{PENDING}", balance("OPBD", "1.00"), balance("CLBD", "11.50")));
        let statements = read(text.as_bytes()).unwrap();
        let [statement] = &statements[..] else { panic!("{statements:?}") };
        assert_eq!((statement.reference.as_str(), statement.account.as_deref(), statement.currency), ("S 1", Some("DE893704"), Some(Currency::EUR)));
        let [line] = &statement.lines[..] else { panic!("{:?}", statement.lines) };
        assert_eq!((line.amount.to_string().as_str(), line.id.as_deref(), line.reference.as_deref()), ("10.50", Some("B1"), Some("W-77")));
        assert_eq!((line.counterparty.as_deref(), line.text.as_deref()), (Some("Müller & Co"), Some("order W-77")));
        assert_eq!((statement.from.to_string(), statement.to.to_string()), ("2026-11-20".into(), "2026-11-21".into()));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_field() {
        let refused = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(refused("<Document><a/></Document>").contains("BkToCstmrStmt"));
        assert!(refused("<a><b></a>").starts_with("line 1, XML"));
        assert!(refused("<!DOCTYPE a [<!ENTITY x \"y\">]><Document/>").contains("DOCTYPE"));
        assert!(refused("<Document>&x;</Document>").contains("&x; is not known"));
        assert!(refused("<Document><BkToCstmrStmt>").contains("ends inside"));
        assert!(refused(&"<a>".repeat(DEPTH_MAX + 2)).contains("deeper"));
        assert!(refused(&file("")).contains("OPBD is missing"));
        assert!(refused(&file(&balance("OPBD", "x"))).starts_with("line 6, Amt: \"x\" is no amount"), "{}", refused(&file(&balance("OPBD", "x"))));
        assert!(refused(&file(&ENTRY.replace("CRDT", "both"))).starts_with("line 6, CdtDbtInd"));
        assert!(refused(&file(&format!("{}{}", balance("OPBD", "1"), ENTRY.replace("EUR", "USD")))).contains("not in the account's currency"));
    }
}
