//! The cases of plugins/conformance for credit policies, through the built components: what is asked, what must be answered.

use crate::hostile_guest::config;
use serde_json::Value;
use switchyard_core::credit::decisions::Asked;
use switchyard_host::Host;

#[tokio::test]
async fn conformance_cases_of_policies() {
    let cache = tempfile::tempdir().unwrap();
    let host = Host::start(config(cache.path())).expect("the host starts");
    for name in ["limit-terms", "risk"] {
        let component = std::fs::read(kit::project().join(format!("plugins/built/{name}.wasm"))).expect("the built component");
        let digest = host.load_policy(&component).await.expect("it loads");
        let mut cases: Vec<_> = std::fs::read_dir(kit::project().join("plugins/conformance").join(name)).expect("cases").map(|entry| entry.unwrap().path()).collect();
        cases.sort();
        assert!(cases.len() >= 4, "{name} has cases");
        for case in cases {
            let asked: Asked = serde_json::from_slice(&std::fs::read(case.join("question.json")).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", case.display()));
            let first = host.ask_policy(kernel::TenantId::new(), digest, &asked).await;
            let again = host.ask_policy(kernel::TenantId::new(), digest, &asked).await;
            assert_eq!((first.fuel, first.peak_memory), (again.fuel, again.peak_memory), "POLICY-2: {}", case.display());
            let told = match &first.verdict {
                Ok(verdict) => serde_json::to_value(verdict).unwrap(),
                Err(failure) => serde_json::json!({"failed": failure.code, "message": failure.message}),
            };
            let expected = case.join("expected.json");
            if std::env::var_os("CONFORMANCE_WRITE").is_some() {
                std::fs::write(&expected, format!("{}\n", serde_json::to_string_pretty(&told).unwrap())).unwrap();
            }
            let expected: Value = serde_json::from_slice(&std::fs::read(&expected).expect("expected.json")).unwrap();
            assert_eq!(told, expected, "{}", case.display());
        }
    }
}
