//! The cases of plugins/conformance through the bundled components, by the code behind `switchyard plugin test`.

use crate::hostile_guest::{bundled_cache, config};
use switchyard_host::{Host, catalogue, manifest::Manifest};
use switchyard_server::workbench::{Workbench, cases, found};

#[tokio::test]
async fn every_bundled_plugin_does_as_its_cases_say() {
    let mut bench = Workbench::on(Host::start(config(&bundled_cache())).expect("the host starts"));
    let (mut count, mut wrong) = (0, Vec::new());
    for (manifest, _) in catalogue::bundled() {
        let name = Manifest::parse(&manifest).expect("a manifest").name;
        let plugin = bench.load(&found::find(&name, None).expect("it is bundled")).await.unwrap_or_else(|refused| panic!("{refused}"));
        let folder = kit::project().join("plugins/conformance").join(&name);
        let judged = cases::run(&mut bench, &plugin, &folder, false, |_| {}).await.unwrap_or_else(|usage| panic!("{usage}"));
        count += judged.len();
        wrong.extend(judged.into_iter().filter(|case| !case.differences.is_empty()).map(|case| format!("{name}/{}\n  {}", case.name, case.differences.join("\n  "))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 50, "{count} cases");
    println!("{count} cases");
}
