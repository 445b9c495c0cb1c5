//! `switchyard plugin run|check|test|new|pack` as a partner types them: the real program, with an empty environment.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// A folder of a partner's own; what is compiled in it stays for the next command.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("a file");
        path.display().to_string()
    }
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchyard-program"));
        command.arg("plugin").args(arguments).current_dir(self.folder.path()).env_clear().env("HOME", self.folder.path()).stdin(Stdio::null());
        command
    }
    fn run(&self, arguments: &[&str]) -> Told {
        Told::of(self.command(arguments).output().expect("the program starts"))
    }
}

#[derive(Debug)]
struct Told {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Told {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A webhook of Shopify's kind: 2 x 15.00 - 2.50 = 27.50, of which 7.50 is outstanding.
const ORDER: &str = r##"{"id":7700000000001,"name":"#7001","created_at":"2026-11-23T08:00:00+07:00","updated_at":"2026-11-23T08:05:00+07:00",
"currency":"USD","financial_status":"partially_paid","total_price":"27.50","total_outstanding":"7.50","payment_gateway_names":["card"],
"line_items":[{"id":91,"name":"Ô giấy","sku":"OG-1","quantity":2,"price":"15.00","discount_allocations":[{"amount":"2.50","discount_application_index":0}]}],
"discount_applications":[{"type":"discount_code","code":"MUA10","title":"MUA10"}]}"##;

fn signature(body: &[u8]) -> String {
    use base64::Engine as _;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"s3cret").expect("any key serves");
    mac.update(body);
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}

#[test]
fn a_payload_of_ones_own_is_told_exactly() {
    let desk = Desk::new();
    let body = desk.file("order.json", ORDER);
    let signed = format!("X-Shopify-Hmac-Sha256: {}", signature(ORDER.as_bytes()));
    let asked = [
        "run", "shopify", "receive", "--header", &signed, "--header", "X-Shopify-Topic: orders/updated", "--header", "X-Shopify-Webhook-Id: w-7", "--header", "X-Shopify-Shop-Domain: o.myshopify.com",
        "--secret", "client_secret=s3cret", "--setting", "shop=o.myshopify.com", "--received-at", "2026-11-23T01:05:01Z", "--body", &body,
    ];
    let told = desk.run(&[&asked[..], &["--json"]].concat());
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{told:?}");
    let mut report = told.json();
    let cost = report["cost"].take();
    assert!(cost["fuel"].as_u64().is_some_and(|fuel| fuel > 10_000) && cost["peak_memory_bytes"].as_u64().is_some_and(|bytes| bytes >= 65_536) && cost["micros"].is_u64(), "{cost}");
    assert_eq!(report["plugin"]["digest"].as_str().map(str::len), Some(64));
    report["plugin"]["digest"].take();
    let fact = |kind: &str, body: Value| json!({"order": "7700000000001", "revision": 1_795_395_900_000_u64, "occurred_at": "2026-11-23T01:05:00Z", "what": {"kind": kind, "body": body}});
    let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
    assert_eq!(
        report,
        json!({
            "plugin": {"name": "shopify", "version": "0.1.0", "digest": null},
            "outcome": "understood",
            "message_id": "w-7",
            "shop": "o.myshopify.com",
            "facts": [
                fact("described", json!({
                    "number": "#7001", "placed_at": "2026-11-23T01:00:00Z", "currency": "USD", "status": "partially_paid",
                    "lines": [{
                        "id": "91", "kind": "product", "sku": "OG-1", "name": "Ô giấy", "quantity": "2", "unit_price": usd("15.00"), "gift": false,
                        "components": [{"kind": "promo_voucher", "funded_by": "tenant", "amount": "2.50", "code": "MUA10"}],
                    }],
                    "stated_total": "27.50", "payment_method": "card", "cash_on_delivery": false,
                })),
                fact("tendered", json!({"id": "payment", "method": "card", "state": "captured", "amount": usd("20.00"), "holder": "processor"})),
            ],
            "acknowledgement": {"status": 200, "headers": {}, "body": ""},
            "cost": null,
            "log": null,
        })
    );

    // For people: the same, in lines; the sum is the core's.
    let told = desk.run(&asked);
    for line in ["understood", "message     w-7", "facts       2", "  the lines come to 27.5, the channel states 27.5", "answer      200, no body"] {
        assert!(told.out.lines().any(|printed| printed == line), "{line:?} in {}", told.out);
    }
    assert!(told.out.contains("components [kind promo_voucher, funded_by tenant, amount 2.50, code MUA10]") && told.out.contains("\ncost        fuel "), "{}", told.out);

    // The same bytes from standard input, as an answer of the API: nothing is signed.
    let mut child = desk.command(&["run", "shopify", "receive", "--origin", "document", "--body", "-", "--json"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("a pipe").write_all(ORDER.as_bytes()).expect("it reads");
    let piped = Told::of(child.wait_with_output().expect("it ends"));
    assert_eq!((piped.code, &piped.json()["facts"]), (Some(0), &report["facts"]));
}

#[test]
fn what_is_rejected_says_why_and_exits_with_1() {
    let desk = Desk::new();
    let body = desk.file("order.json", ORDER);
    let signed = format!("X-Shopify-Hmac-Sha256: {}", signature(b"something else"));
    let told = desk.run(&["run", "shopify", "receive", "--header", &signed, "--secret", "client_secret=s3cret", "--body", &body]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.out.contains("\nrejected    bad_signature: x-shopify-hmac-sha256 does not match the body\nanswer      401, no body\ncost"), "{}", told.out);
    // Both values of a secret are live during a rotation.
    let signed = format!("X-Shopify-Hmac-Sha256: {}", signature(ORDER.as_bytes()));
    let told = desk.run(&["run", "shopify", "receive", "--header", &signed, "--secret", "client_secret=next", "--secret", "client_secret=s3cret", "--body", &body]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let broken = desk.file("broken", &ORDER[..80]);
    let told = desk.run(&["run", "shopify", "receive", "--origin", "document", "--body", &broken, "--json"]);
    assert_eq!((told.code, told.json()["problem"].as_str(), told.json()["outcome"].as_str()), (Some(1), Some("malformed"), Some("rejected")));
    // Nobody answers for the host: the plugin's own error, by its code.
    let dead = std::net::TcpListener::bind("127.0.0.1:0").and_then(|port| port.local_addr()).expect("a port");
    let override_ = format!("o.myshopify.com=http://{dead}");
    let told = desk.run(&["run", "shopify", "fetch", "--reference", "order=7", "--setting", "shop=o.myshopify.com", "--secret", "access_token=t", "--host-override", &override_]);
    assert!(told.code == Some(1) && told.out.contains("failed      plugin.retryable: the channel was not reached: cannot connect"), "{told:?}");
}

#[test]
fn bad_inputs_are_one_sentence_and_exit_with_2() {
    let desk = Desk::new();
    let body = desk.file("body", "{}");
    let large = desk.file("large", vec![b' '; (10 << 20) + 1]);
    let archive = desk.file("archive.wasm", b"PK\x03\x04");
    let text = desk.file("text.wasm", "(component)");
    // A component that is none of ours.
    let empty = desk.file("empty.wasm", b"\0asm\x0d\0\x01\0");
    let module = desk.file("module.wasm", b"\0asm\x01\0\0\0");
    for name in ["archive", "text", "empty", "module"] {
        desk.file(&format!("{name}.json"), r#"{"kind": "channel-connector", "name": "x", "version": "0.1.0"}"#);
    }
    let bare = desk.file("bare.wasm", b"\0asm\x0d\0\x01\0");
    for (arguments, sentence) in [
        (&["nobody", "receive", "--body", &body][..], "there is no plugin \"nobody\": neither a file nor a folder nor one of "),
        (&[&archive, "receive", "--body", &body], "is not WebAssembly: a component, or a core module built for wasm32-unknown-unknown, is wanted"),
        (&[&text, "receive", "--body", &body], "is WebAssembly text"),
        (&[&empty, "receive", "--body", &body], "is refused: does not export \"switchyard:plugin/connector\""),
        (&[&module, "receive", "--body", &body], "is refused: does not export"),
        (&[&bare, "receive", "--body", &body], "has no manifest: put it beside the component"),
        (&["shopify", "receive", "--body", "gone.json"], "gone.json cannot be read: no such file or directory"),
        (&["shopify", "receive", "--body", &large], "large is too large: at most 4194304 bytes are taken"),
        (&["shopify", "receive", "--body", &body, "--header", "X-Topic"], "--header: 'Name: value' is wanted, \"X-Topic\" has no colon behind a name"),
        (&["shopify", "receive", "--body", &body, "--header", "a b: c"], "\"a b\" is no name of a header"),
        (&["shopify", "receive", "--body", &body, "--secret", "password=x"], "the manifest of shopify declares no secret \"password\"; it declares client_secret, access_token"),
        (&["shopify", "receive", "--body", &body, "--secret", "password"], "--secret: NAME=VALUE is wanted"),
        (&["shopify", "receive", "--body", &body, "--setting", "colour=red"], "the manifest of shopify declares no setting \"colour\"; it declares shop"),
        (&["shopify", "receive", "--body", &body, "--origin", "letter"], "a message is a webhook or a document, not \"letter\""),
        (&["shopify", "receive", "--body", &body, "--method", "BREW"], "a channel calls with POST or GET, not with \"BREW\""),
        (&["shopify", "receive", "--body", &body, "--received-at", "noon"], "--received-at: a time such as 2026-11-23T10:00:00Z is wanted"),
        (&["shopify", "fetch", "--reference", "parcel=1"], "--reference: order, return, refund or settlement is wanted"),
        (&["shopify", "fetch", "--reference", "order=1", "--host-override", "o.myshopify.com=http://192.0.2.1:80"], "is not http on loopback"),
        (&["risk", "receive", "--body", &body], "risk is a credit-policy: ask it with `assess`"),
        (&["shopify", "assess", "--question", &body], "shopify is a channel-connector: ask it with `receive`, `fetch` or `pull`"),
        (&["risk", "assess", "--question", &body], "body is no question: missing field"),
        (&["shopify", "receive"], "--body <FILE>"),
    ] {
        let told = desk.run(&[&["run"], arguments].concat());
        assert_eq!(told.code, Some(2), "{arguments:?}: {told:?}");
        assert!(told.err.contains(sentence) && told.out.is_empty(), "{arguments:?}: {told:?}");
        if !told.err.starts_with("error:") {
            assert!(told.err.starts_with("switchyard: ") && told.err.lines().count() == 1, "{told:?}");
        }
    }
}

#[test]
fn a_policy_is_asked_one_question() {
    let desk = Desk::new();
    let case = kit::project().join("plugins/conformance/risk/many-orders/question.json");
    let asked = ["run", "risk", "assess", "--question", case.to_str().expect("text")];
    let told = desk.run(&[&asked[..], &["--json"]].concat());
    let report = told.json();
    assert_eq!((told.code, report["outcome"].as_str(), report["verdict"].as_str(), report["reasons"][0]["code"].as_str()), (Some(0), Some("assessed"), Some("hold"), Some("many_orders")));
    // Another configuration: nine orders are still normal.
    let config = desk.file("config.json", r#"{"velocity_orders": 10}"#);
    let told = desk.run(&[&asked[..], &["--config", &config]].concat());
    assert!(told.code == Some(0) && told.out.contains("\nverdict: approve\n"), "{told:?}");
    let config = desk.file("config.json", r#"{"velocity": 10}"#);
    let told = desk.run(&[&asked[..], &["--config", &config]].concat());
    assert!(told.code == Some(2) && told.err.contains("the configuration does not fit the policy's schema"), "{told:?}");
}

#[test]
fn the_gate_says_what_it_sees_and_what_would_be_right() {
    let desk = Desk::new();
    let told = desk.run(&["check", "shopify"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    for line in ["a component", "world       channel-connector; exports switchyard:plugin/connector@0.1.0", "switchyard:host/http@0.1.0", "manifest    channel-connector shopify 0.1.0, channel shopify", "hosts *.myshopify.com; secrets client_secret (required), access_token; settings shop (required)", "digest      sha256:", "compiled    in the limited child process and linked"] {
        assert!(told.out.contains(line), "{line:?} in {}", told.out);
    }
    assert!(told.out.ends_with("\naccepted\n"), "{}", told.out);

    let built = |name: &str| std::fs::read(kit::project().join("plugins/built").join(name)).expect("it is built");
    let manifest = |kind: &str| format!(r#"{{"kind": "{kind}", "name": "x", "version": "0.1.0"}}"#);
    let connector = String::from_utf8(built("shopify.json")).expect("text");
    let cut = &built("shopify.wasm")[..100_000];
    for (wasm, manifest, reason, right) in [
        (b"PK\x03\x04".to_vec(), connector.clone(), "is not WebAssembly", "cargo build --target wasm32-unknown-unknown --release"),
        (b"\0asm\x0d\0\x01\0".to_vec(), connector.clone(), "does not export \"switchyard:plugin/connector\"", "`export!`"),
        (built("shopify.wasm"), manifest("credit-policy"), "the manifest says credit-policy, the component is made for channel-connector", "\"kind\": \"channel-connector\" in the manifest"),
        (built("risk.wasm"), connector.clone(), "the manifest says channel-connector, the component is made for credit-policy", "\"kind\": \"credit-policy\" in the manifest"),
        (built("risk.wasm"), manifest("commission-rule"), "plugins of the kind commission-rule are not run by this version", "a channel-connector or a credit-policy"),
        (built("risk.wasm"), manifest("credit-policy").replace("0.1.0", "1"), "version: expected three numbers such as 1.2.3", "a manifest such as"),
        (cut.to_vec(), connector, "not valid WebAssembly", "what a compiler for the component model wrote, unchanged"),
    ] {
        let path = desk.file("x.wasm", wasm);
        desk.file("x.json", manifest);
        let told = desk.run(&["check", &path]);
        assert_eq!(told.code, Some(1), "{reason}: {told:?}");
        let said: Vec<&str> = told.out.lines().rev().take(2).collect();
        assert!(said[1].starts_with("refused ") && said[1].contains(reason) && said[0].starts_with("right is ") && said[0].contains(right), "{reason}: {}", told.out);
    }
    assert_eq!(desk.run(&["check", "x.wasm", "--json"]).json()["accepted"], false);
    assert_eq!(desk.run(&["check", "gone.wasm"]).code, Some(2));
}

#[test]
fn cases_are_run_and_differences_are_told() {
    let desk = Desk::new();
    let cases = desk.path("cases");
    let case = cases.join("order");
    std::fs::create_dir_all(&case).expect("a folder");
    let put = |name: &str, text: &str| std::fs::write(case.join(name), text).expect("a file");
    std::fs::copy(kit::project().join("plugins/conformance/shopify/account.json"), cases.join("account.json")).expect("a copy");
    put("body", ORDER);
    put("delivery.json", r#"{"origin": "webhook", "headers": {"X-Shopify-Topic": "orders/updated"}, "received_at": "2026-11-23T10:00:00Z"}"#);
    let asked = ["test", "shopify", "--cases", cases.to_str().expect("text")];
    let told = desk.run(&asked);
    assert!(told.code == Some(1) && told.out.contains("differs  order\n         there is no expected.json yet"), "{told:?}");
    let told = desk.run(&[&asked[..], &["--write"]].concat());
    assert_eq!((told.code, told.out.as_str()), (Some(0), "written  order\n1 cases of shopify 0.1.0, 0 differ\n"));
    let told = desk.run(&asked);
    assert_eq!((told.code, told.out.as_str()), (Some(0), "ok       order\n1 cases of shopify 0.1.0, 0 differ\n"));
    let expected = std::fs::read_to_string(case.join("expected.json")).expect("it was written");
    put("expected.json", &expected.replace("\"27.50\"", "\"27.00\""));
    let told = desk.run(&asked);
    assert_eq!((told.code, told.out.as_str()), (Some(1), "differs  order\n         facts[0].what.body.stated_total: expected \"27.00\", told \"27.50\"\n1 cases of shopify 0.1.0, 1 differ\n"));
    // The acknowledgement counts where a case names it; a forged signature is one.
    put("delivery.json", r#"{"origin": "webhook", "headers": {"X-Shopify-Hmac-Sha256": "AAAA"}, "received_at": "2026-11-23T10:00:00Z"}"#);
    put("expected.json", r#"{"problem": "bad_signature", "text": "x-shopify-hmac-sha256 does not match the body", "acknowledgement": {"status": 401, "body": ""}}"#);
    assert_eq!(desk.run(&asked).code, Some(0), "{:?}", desk.run(&asked));
    put("delivery.json", r#"{"origin": "webhook", "received": "2026-11-23T10:00:00Z"}"#);
    let told = desk.run(&asked);
    assert!(told.code == Some(2) && told.err.contains("delivery.json: unknown field `received`"), "{told:?}");
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What the kit is compiled to for this project's own plugins serves here too.
    cargo.current_dir(folder).env("CARGO_TARGET_DIR", target()).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    cargo
}

fn target() -> PathBuf {
    kit::project().join("plugins/target")
}

fn wasm_toolchain() -> bool {
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]).output();
    let there = asked.is_ok_and(|told| std::fs::read_dir(String::from_utf8_lossy(&told.stdout).trim()).is_ok_and(|mut files| files.next().is_some()));
    if !there {
        println!("skipped: rustc has no wasm32-unknown-unknown");
    }
    there
}

/// From nothing to two files that can be uploaded, as plugins/README.md walks through it.
#[test]
fn a_new_plugin_builds_and_passes() {
    let desk = Desk::new();
    let sdk = kit::project().join("plugins/sdk");
    for (kind, name) in [("channel-connector", "hoa-shop"), ("credit-policy", "hoa-terms")] {
        let told = desk.run(&["new", name, "--kind", kind, "--sdk", sdk.to_str().expect("text")]);
        assert_eq!(told.code, Some(0), "{told:?}");
        let folder = desk.path(name);
        let tested = cargo(&folder).args(["test", "--quiet"]).output().expect("cargo starts");
        assert!(tested.status.success(), "{}{}", String::from_utf8_lossy(&tested.stdout), String::from_utf8_lossy(&tested.stderr));
        let unbuilt = desk.command(&["check", name]).env("CARGO_TARGET_DIR", desk.path("nothing")).output().map(Told::of).expect("it starts");
        assert!(unbuilt.code == Some(2) && unbuilt.err.contains("is not built: run `cargo build --target wasm32-unknown-unknown --release` there"), "{unbuilt:?}");
        if !wasm_toolchain() {
            continue;
        }
        let built = cargo(&folder).args(["build", "--quiet", "--release", "--target", "wasm32-unknown-unknown"]).output().expect("cargo starts");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let here = |arguments: &[&str]| Told::of(desk.command(arguments).env("CARGO_TARGET_DIR", target()).output().expect("the program starts"));
        let checked = here(&["check", name]);
        assert!(checked.code == Some(0) && checked.out.contains("a core module\npacked      a component of ") && checked.out.ends_with("accepted\n"), "{checked:?}");
        let cases = here(&["test", name]);
        assert!(cases.code == Some(0) && cases.out.contains(", 0 differ\n"), "{cases:?}");
        let packed = here(&["pack", name, "--into", "built"]);
        assert_eq!(packed.code, Some(0), "{packed:?}");
        let checked = here(&["check", &format!("built/{name}.wasm")]);
        assert!(checked.code == Some(0) && checked.out.contains(", a component\n"), "{checked:?}");
    }
    let told = desk.run(&["new", "hoa-shop", "--sdk", sdk.to_str().expect("text")]);
    assert!(told.code == Some(2) && told.err.contains("hoa-shop is there already and not empty"), "{told:?}");
}

#[test]
fn a_reader_that_leaves_ends_the_command_quietly() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_switchyard-program")).arg("openapi").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // More than a pipe holds is to come: whoever read one byte and left is found missing.
    let mut first = [0; 1];
    std::io::Read::read_exact(program.stdout.as_mut().unwrap(), &mut first).unwrap();
    drop(program.stdout.take());
    let ended = program.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}
