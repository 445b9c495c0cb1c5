//! `switchyard-bench`: how fast the product is beside the bare database and the bare sandbox, in one run on one machine.
//!
//! Absolute figures move from machine to machine; the ratios count (see docs/performance.md). The database is a private
//! durable cluster; the product is the release binary in a process of its own; the load comes from this process, on one
//! thread, over plain sockets. Each figure is the median of several rounds, with the least and the most.

mod bare;
mod books;
mod cluster;
mod credit;
mod imports;
mod intake;
mod listing;
mod load;
mod neighbour;
mod plugins;
mod server;
mod startup;
mod table;

use anyhow::{Context, bail};
use std::path::PathBuf;
use table::Table;

/// What a person asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    pub quick: bool,
    pub rounds: usize,
    pub parts: Vec<String>,
    /// The page whose section between the markers is replaced.
    pub write: Option<PathBuf>,
    pub binary: PathBuf,
    pub project: PathBuf,
}

const PARTS: [&str; 8] = ["intake", "list", "plugin", "credit", "books", "import", "startup", "neighbour"];
const USAGE: &str = "usage: switchyard-bench [--quick] [--rounds N] [--only intake,list,plugin,credit,books,import,startup,neighbour] [--binary PATH] [--write]";

impl Wish {
    fn read() -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let project = PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().context("bench/ lies in the project")?.to_owned();
        let mut wish = Self { quick: false, rounds: 3, parts: PARTS.map(str::to_owned).into(), write: None, binary: own.with_file_name("switchyard"), project };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value; {USAGE}"));
            match word.as_str() {
                "--quick" => wish.quick = true,
                "--rounds" => wish.rounds = value()?.parse().context("--rounds takes a number")?,
                "--only" => wish.parts = value()?.split(',').map(str::to_owned).collect(),
                "--binary" => wish.binary = value()?.into(),
                "--write" => wish.write = Some(wish.project.join("docs/performance.md")),
                _ => bail!("{word:?} is not known; {USAGE}"),
            }
        }
        if let Some(part) = wish.parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
            bail!("there is no part {part:?}; {USAGE}");
        }
        if wish.rounds == 0 {
            bail!("--rounds must be at least 1");
        }
        Ok(wish)
    }
    /// The size of a part: the full one, or a tenth of it.
    pub fn size(&self, full: usize) -> usize {
        if self.quick { full / 10 } else { full }
    }
}

fn main() -> anyhow::Result<()> {
    let wish = Wish::read()?;
    if !wish.binary.exists() {
        bail!("{} is not there: build it with cargo build --release", wish.binary.display());
    }
    // One thread for the load: what it takes is taken from the server and the database, and said.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut table = Table::default();
    let outcome = runtime.block_on(run(&wish, &mut table));
    println!("\n{}", table.markdown(&wish));
    if let Some(page) = &wish.write {
        table.write(page, &wish)?;
        println!("written to {}", page.display());
    }
    outcome
}

async fn run(wish: &Wish, table: &mut Table) -> anyhow::Result<()> {
    for part in &wish.parts {
        println!("=== {part}");
        match part.as_str() {
            "intake" => intake::measure(wish, table).await.context("intake")?,
            "list" => listing::measure(wish, table).await.context("list")?,
            "plugin" => plugins::measure(wish, table).await.context("plugin")?,
            "credit" => credit::measure(wish, table).await.context("credit")?,
            "books" => books::measure(wish, table).await.context("books")?,
            "import" => imports::measure(wish, table).await.context("import")?,
            "neighbour" => neighbour::measure(wish, table).await.context("neighbour")?,
            "startup" => startup::measure(wish, table).await.context("startup")?,
            _ => {}
        }
    }
    Ok(())
}
