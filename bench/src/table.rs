//! The figures and how they are shown: median with least and most, ratios against the bare thing of the same run.

use crate::Wish;
use anyhow::{Context, bail};
use std::fmt::Write as _;
use std::path::Path;

/// One measured thing over several rounds.
#[derive(Clone, Debug, Default)]
pub struct Figure(pub Vec<f64>);

impl Figure {
    pub fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }
    fn shown(&self) -> String {
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        match self.0.len() {
            0 => "-".to_owned(),
            1 => number(least),
            _ => format!("{} ({}-{})", number(self.median()), number(least), number(most)),
        }
    }
}

#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Row {
    goal: &'static str,
    what: String,
    unit: &'static str,
    ours: Figure,
    /// The bare thing, and whether ours should be a large or a small part of it.
    bare: Option<(String, Figure)>,
    wanted: String,
    met: Option<bool>,
}

/// What a goal asks of the ratio of ours to the bare thing, or of ours alone.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    RatioAtLeast(f64),
    RatioAtMost(f64),
    AtMost(f64),
    None,
}

impl Table {
    pub fn add(&mut self, goal: &'static str, what: impl Into<String>, unit: &'static str, ours: Figure, bare: Option<(&str, Figure)>, wants: Goal) {
        let bare = bare.map(|(name, figure)| (name.to_owned(), figure));
        let ratio = bare.as_ref().map(|(_, bare)| ours.median() / bare.median());
        let (wanted, met) = match (wants, ratio) {
            (Goal::RatioAtLeast(least), Some(ratio)) => (format!(">= {least} x"), Some(ratio >= least)),
            (Goal::RatioAtMost(most), Some(ratio)) => (format!("<= {most} x"), Some(ratio <= most)),
            (Goal::AtMost(most), _) => (format!("<= {} {unit}", number(most)), Some(ours.median() <= most)),
            _ => ("-".to_owned(), None),
        };
        let row = Row { goal, what: what.into(), unit, ours, bare, wanted, met };
        println!("{}", row.line());
        self.rows.push(row);
    }
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    pub fn markdown(&self, wish: &Wish) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "Measured {} on {}; {} round(s), median (least-most){}.\n", chrono::Utc::now().format("%Y-%m-%d"), machine(), wish.rounds, if wish.quick { ", small sizes" } else { "" });
        let _ = writeln!(text, "| goal | what | ours | beside it | ratio | wanted | met |\n|---|---|---|---|---|---|---|");
        for row in &self.rows {
            let _ = writeln!(text, "{}", row.line());
        }
        for note in &self.notes {
            let _ = writeln!(text, "\n- {note}");
        }
        text
    }

    /// Replaces what stands between the markers of the page.
    pub fn write(&self, page: &Path, wish: &Wish) -> anyhow::Result<()> {
        const BEGIN: &str = "<!-- bench: begin -->\n";
        const END: &str = "<!-- bench: end -->";
        let text = std::fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
        let Some((before, rest)) = text.split_once(BEGIN) else { bail!("{} has no line {BEGIN}", page.display()) };
        let Some((_, after)) = rest.split_once(END) else { bail!("{} has no line {END}", page.display()) };
        std::fs::write(page, format!("{before}{BEGIN}{}\n{END}{after}", self.markdown(wish)))?;
        Ok(())
    }
}

impl Row {
    fn line(&self) -> String {
        let (beside, ratio) = match &self.bare {
            Some((name, figure)) => (format!("{} {} ({name})", figure.shown(), self.unit), format!("{:.2}", self.ours.median() / figure.median())),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let met = match self.met {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "-",
        };
        format!("| {} | {} | {} {} | {beside} | {ratio} | {} | {met} |", self.goal, self.what, self.ours.shown(), self.unit, self.wanted)
    }
}

fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => {
            let digits = format!("{value:.0}");
            let mut grouped = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index) % 3 == 0 && digit.is_ascii_digit() {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            grouped
        }
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).map(|rest| rest.trim_start_matches([' ', '\t', ':']).to_owned()).unwrap_or_else(|| "an unnamed processor".to_owned());
    format!("{cores} cores ({model})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_show_their_spread() {
        assert_eq!(Figure(vec![3.0, 1.0, 2.0]).median(), 2.0);
        assert_eq!(Figure(vec![12_345.4, 999.0, 20_000.0]).shown(), "12,345 (999-20,000)");
        assert_eq!((number(0.125), number(12.34), number(1_234_567.0)), ("0.12".into(), "12.3".into(), "1,234,567".into()));
    }

    #[test]
    fn a_goal_is_met_or_not() {
        let mut table = Table::default();
        table.add("P1", "orders", "/s", Figure(vec![60.0]), Some(("bare", Figure(vec![100.0]))), Goal::RatioAtLeast(0.6));
        table.add("P6", "list", "ms", Figure(vec![3.0]), Some(("bare", Figure(vec![1.0]))), Goal::RatioAtMost(2.0));
        table.add("P10", "start", "s", Figure(vec![0.2]), None, Goal::AtMost(0.3));
        assert_eq!(table.rows.iter().map(|row| row.met).collect::<Vec<_>>(), [Some(true), Some(false), Some(true)]);
    }
}
