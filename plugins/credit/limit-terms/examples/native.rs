//! How long the rule takes compiled for this machine, without a sandbox: what `cargo xtask bench` measures the sandbox
//! against. Reads `{"question": …, "config": …}` from standard input; the argument says how often it is asked. Prints the
//! microseconds of one call.

use std::{hint::black_box, io::Read, time::Instant};
use switchyard_credit_kit::{Policy, Question, serde_json};
use switchyard_limit_terms::LimitTerms;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let calls: u32 = std::env::args().nth(1).ok_or("how often?")?.parse()?;
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let asked: serde_json::Value = serde_json::from_str(&text)?;
    let question: Question = serde_json::from_value(asked["question"].clone())?;
    let config = if asked["config"].is_null() { "{}".to_owned() } else { asked["config"].to_string() };
    let begun = Instant::now();
    for _ in 0..calls {
        black_box(LimitTerms::assess(black_box(question.clone()), config.clone())?);
    }
    println!("{}.{:03}", begun.elapsed().as_nanos() / u128::from(calls) / 1_000, begun.elapsed().as_nanos() / u128::from(calls) % 1_000);
    Ok(())
}
