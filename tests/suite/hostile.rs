//! Hostile guests at run time. Each test bears the number of its case in the catalogue of docs/security.md; after each,
//! the canary's call still works.

use crate::hostile_guest::{Module, Plugins, account, delivery};
use std::time::{Duration, Instant};
use wit_component::StringEncoding;

#[tokio::test]
async fn friendly_guest_is_answered() {
    let plugins = Plugins::start().await;
    plugins.canary_works().await;
}

#[tokio::test]
async fn hostile_1_infinite_loop() {
    let plugins = Plugins::start().await;
    let guest = plugins.load(&Module::receive("(loop $ever (br $ever)) unreachable")).await;
    let mut fastest = Duration::MAX;
    for _ in 0..3 {
        let started = Instant::now();
        assert_eq!(plugins.code_of(&guest).await, "limit.fuel");
        fastest = fastest.min(started.elapsed());
    }
    println!("an endless loop is stopped after {fastest:?}");
    assert!(fastest < Duration::from_millis(200), "{fastest:?}");
}

#[tokio::test]
async fn hostile_2_loop_while_starting() {
    let plugins = Plugins::start().await;
    let module = Module { extra: "(func $spin (loop $ever (br $ever))) (start $spin)".into(), ..Module::default() };
    assert_eq!(plugins.case(module).await, "limit.fuel");
}

#[tokio::test]
async fn hostile_3_loop_of_bulk_operations() {
    let plugins = Plugins::start().await;
    let prepare = "(drop (memory.grow (i32.const 200)))";
    for bulk in [
        "(memory.fill (i32.const 0) (i32.const 7) (i32.const 12000000))",
        "(memory.copy (i32.const 0) (i32.const 1000) (i32.const 12000000))",
        "(table.init 0 0 (i32.const 0) (i32.const 0) (i32.const 1000))",
    ] {
        let elements = "$f ".repeat(1000);
        let module = Module {
            extra: format!("(table 1000 funcref) (func $f) (elem func {elements})"),
            ..Module::receive(format!("{prepare} (loop $ever {bulk} (br $ever)) unreachable"))
        };
        let guest = plugins.load(&module).await;
        let started = Instant::now();
        assert_eq!(plugins.code_of(&guest).await, "limit.fuel", "{bulk}");
        println!("{bulk}: stopped after {:?}", started.elapsed());
        assert!(started.elapsed() < Duration::from_millis(500), "{bulk}");
    }
}

#[tokio::test]
async fn hostile_4_memory_growth() {
    let plugins = Plugins::start().await;
    for pages in [1, 1500] {
        let module = Module::receive(format!("(loop $more (drop (memory.grow (i32.const {pages}))) (br $more)) unreachable"));
        assert_eq!(plugins.case(module).await, "limit.memory", "{pages} pages at a time");
    }
}

#[tokio::test]
async fn hostile_6_table_growth() {
    let plugins = Plugins::start().await;
    for size in ["0xffffffff", "10000000"] {
        let module = Module {
            extra: "(table $t 1 funcref)".into(),
            ..Module::receive(format!("(drop (table.grow $t (ref.null func) (i32.const {size}))) unreachable"))
        };
        let code = plugins.case(module).await;
        // Growing by more than the fuel pays for, or more than the limit holds: both end the call.
        assert!(["limit.memory", "limit.fuel"].contains(&code), "{size}: {code}");
    }
}

#[tokio::test]
async fn hostile_7_deep_recursion() {
    let plugins = Plugins::start().await;
    let plain = Module { extra: "(func $deep (call $deep) (call $deep))".into(), ..Module::receive("(call $deep) unreachable") };
    assert_eq!(plugins.case(plain).await, "trap.stack");
    let through_the_host = Module {
        imports: r#"(import "switchyard:host/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#,
        extra: "(func $deep (call $log (i32.const 0) (i32.const 0) (i32.const 4)) (call $deep) (call $deep))".into(),
        ..Module::receive("(call $deep) unreachable")
    };
    assert_eq!(plugins.case(through_the_host).await, "trap.stack");
}

#[tokio::test]
async fn hostile_8_reentry_through_realloc() {
    let plugins = Plugins::start().await;
    let module = Module {
        imports: r#"(import "switchyard:host/clock@0.1.0" "now" (func $now (param i32)))"#,
        realloc: "(call $now (i32.const 2048)) (i32.const 4096)",
        ..Module::default()
    };
    assert_eq!(plugins.case(module).await, "trap.reentry");
}

/// An accepted reception with two words (pointer, length) of the answer overwritten.
fn answer_with(offset: u32, pointer: u32, length: u32) -> String {
    format!(
        "(drop (memory.grow (i32.const 800))) (drop (call $answer (i32.const 200)))
         (i32.store (i32.const {}) (i32.const {pointer})) (i32.store (i32.const {}) (i32.const {length})) (i32.const 1024)",
        1024 + offset,
        1024 + offset + 4
    )
}

// Where things are in the answer, counted from its start: the result's tag, then the reception.
const FACTS: u32 = 28;
const FETCH: u32 = 36;
const IGNORED: u32 = 52;
const HEADERS: u32 = 68;
const BODY: u32 = 76;

#[tokio::test]
async fn hostile_9_enormous_results() {
    let plugins = Plugins::start().await;
    for (what, offset, length) in [
        ("a body of 40 MiB", BODY, 40 << 20),
        ("two million empty references", FETCH, 2_000_000),
        ("two million empty headers", HEADERS, 2_000_000),
        ("a hundred thousand facts", FACTS, 100_000),
    ] {
        let code = plugins.case(Module::receive(answer_with(offset, 65536, length))).await;
        assert_eq!(code, "limit.output", "{what}");
    }
    // Within what may be transferred, but beyond what is accepted.
    assert_eq!(plugins.case(Module::receive(answer_with(BODY, 65536, 100_000))).await, "invalid.output");
    assert_eq!(plugins.case(Module::receive(answer_with(FETCH, 65536, 501))).await, "invalid.output");
}

#[tokio::test]
async fn hostile_10_pointers_and_texts_that_are_none() {
    let plugins = Plugins::start().await;
    for (what, receive) in [
        ("out of bounds", answer_with(BODY, 0xffff_0000, 16)),
        ("wrapping around", answer_with(BODY, 0xffff_ffff, 0xffff_ffff)),
        ("misaligned list", answer_with(HEADERS, 65537, 1)),
        ("result out of bounds", "(i32.const -8)".into()),
        ("misaligned result", "(i32.const 1026)".into()),
    ] {
        assert_eq!(plugins.case(Module::receive(receive)).await, "trap.abi", "{what}");
    }
    let ignored = |bytes: u32, units: u32| {
        format!("{} drop (i32.store8 (i32.const {}) (i32.const 1)) (i32.store (i32.const 65536) (i32.const {bytes})) (i32.const 1024)", answer_with(IGNORED + 4, 65536, units), 1024 + IGNORED)
    };
    assert_eq!(plugins.case(Module::receive(ignored(0x80ff_c0fe, 4))).await, "trap.abi", "invalid UTF-8");
    let lone_surrogates = Module { encoding: StringEncoding::UTF16, ..Module::receive(ignored(0xd800_d800, 2)) };
    assert_eq!(plugins.case(lone_surrogates).await, "trap.abi", "lone surrogates");
    let beyond_memory = Module { encoding: StringEncoding::UTF16, ..Module::receive(ignored(0, 0x7fff_ffff)) };
    assert_eq!(plugins.case(beyond_memory).await, "trap.abi", "UTF-16 beyond the memory");
}

#[tokio::test]
async fn hostile_11_discriminants_that_are_none() {
    let plugins = Plugins::start().await;
    let store8 = |at: u32, value: u32| format!("(drop (call $answer (i32.const 200))) (i32.store8 (i32.const {at}) (i32.const {value})) (i32.const 1024)");
    for (what, receive) in [
        ("a result that is neither", store8(1024, 7)),
        ("an option that is neither", store8(1024 + 4, 2)),
        ("a problem of no kind", format!("(drop (call $answer (i32.const 200))) (i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1028) (i32.const 250)) (i32.const 1024)")),
        ("a fact of no kind", answer_with(FACTS, 65536, 1).replace("(i32.const 1024)", "(memory.fill (i32.const 65536) (i32.const 0xee) (i32.const 4096)) (i32.const 1024)")),
    ] {
        assert_eq!(plugins.case(Module::receive(receive)).await, "trap.abi", "{what}");
    }
}

/// Asks whether the body is the secret `key`, so many times; 200 when the last answer was yes, 403 when it was no.
fn guesser(times: u32) -> Module {
    Module {
        imports: r#"
          (import "switchyard:host/config@0.1.0" "open-secret" (func $open (param i32 i32 i32)))
          (import "switchyard:host/signing@0.1.0" "is-secret" (func $is (param i32 i32 i32) (result i32)))"#,
        extra: r#"(data (i32.const 16) "key")"#.into(),
        ..Module::receive(format!(
            r#"(local $left i32) (local $yes i32)
            (call $open (i32.const 16) (i32.const 3) (i32.const 2400))
            (if (i32.eqz (i32.load8_u (i32.const 2400))) (then (return (call $answer (i32.const 404)))))
            (local.set $left (i32.const {times}))
            (loop $again
              (local.set $yes (call $is (i32.load (i32.const 2404)) (local.get 7) (local.get 8)))
              (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (call $answer (select (i32.const 200) (i32.const 403) (local.get $yes)))"#
        ))
    }
}

/// Checks the digest that stands in the URL over the body and the secret behind it.
fn checker() -> Module {
    Module {
        imports: r#"
          (import "switchyard:host/config@0.1.0" "open-secret" (func $open (param i32 i32 i32)))
          (import "switchyard:host/signing@0.1.0" "verify-sha256-with" (func $verify (param i32 i32 i32 i32 i32 i32) (result i32)))"#,
        extra: r#"(data (i32.const 16) "key")"#.into(),
        ..Module::receive(
            r#"(call $open (i32.const 16) (i32.const 3) (i32.const 2400))
            (i32.store (i32.const 2500) (local.get 7)) (i32.store (i32.const 2504) (local.get 8))
            (call $answer (select (i32.const 200) (i32.const 403)
              (call $verify (i32.const 2500) (i32.const 1) (i32.load (i32.const 2404)) (local.get 3) (local.get 4) (i32.const 0))))"#,
        )
    }
}

fn with_secrets(mut account: switchyard_host::AccountContext, values: &[&[u8]]) -> switchyard_host::AccountContext {
    account.grants = std::sync::Arc::new(switchyard_host::Grants { secrets: vec!["key".into()], ..Default::default() });
    account.secrets = std::sync::Arc::new([("key".to_owned(), values.iter().map(|value| switchyard_host::SecretBytes::new(value.to_vec())).collect())].into());
    account
}

#[tokio::test]
async fn guest_4_a_secret_is_compared_whole_and_only_so_often() {
    let plugins = Plugins::start().await;
    let guest = with_secrets(plugins.load(&guesser(1)).await, &[b"new verify token", b"old"]);
    for (text, status) in [(&b"new verify token"[..], 200), (b"old", 200), (b"new verify toke", 403), (b"New verify token", 403), (b"", 403)] {
        let answer = plugins.host.receive(&guest, delivery(text)).await.expect("the call works").expect("and is accepted");
        assert_eq!(answer.acknowledgement.status, status, "{}", String::from_utf8_lossy(text));
    }
    let ungranted = switchyard_host::AccountContext { grants: Default::default(), ..guest.clone() };
    assert_eq!(plugins.host.receive(&ungranted, delivery(b"old")).await.expect("the call works").expect("accepted").acknowledgement.status, 404, "no handle without a grant");
    let greedy = with_secrets(plugins.load(&guesser(65)).await, &[b"old"]);
    assert_eq!(plugins.code_of(&greedy).await, "limit.comparisons");
}

#[tokio::test]
async fn a_digest_with_the_secret_behind_it_is_checked_against_every_live_value() {
    use sha2::{Digest as _, Sha256};
    let plugins = Plugins::start().await;
    let guest = with_secrets(plugins.load(&checker()).await, &[b"new", b"old"]);
    let signed = |secret: &str| hex::encode(Sha256::digest(format!("{{}}{secret}")));
    for (signature, status) in [(signed("new"), 200), (signed("old"), 200), (signed("other"), 403), (signed("new").to_uppercase(), 403), (String::new(), 403)] {
        let asked = switchyard_host::Delivery { url: signature.clone(), ..delivery(b"{}") };
        let answer = plugins.host.receive(&guest, asked).await.expect("the call works").expect("and is accepted");
        assert_eq!(answer.acknowledgement.status, status, "{signature}");
    }
}

#[tokio::test]
async fn hostile_31_nothing_is_left_of_another_tenant() {
    const REUSES: usize = 10_000;
    // Marks its memory, its table and its stack; answers 500 when it finds anything that it did not put there itself.
    let plugins = Plugins::start().await;
    let module = Module {
        memory: r#"(memory (export "memory") 4)"#,
        extra: r#"
          (table $t 64 funcref) (elem declare func $mark) (global $kept (mut i32) (i32.const 0))
          (func $mark (param $depth i32) (result i64) (local $a i64) (local $b i64) (local $c i64)
            ;; Locals begin at zero; the spilled ones of another call must not shine through.
            (if (i64.ne (i64.or (local.get $a) (i64.or (local.get $b) (local.get $c))) (i64.const 0)) (then unreachable))
            (if (i32.eqz (local.get $depth)) (then (return (i64.const 0x5ec4e7))))
            (local.set $a (i64.const 0x5ec4e7)) (local.set $b (call $mark (i32.sub (local.get $depth) (i32.const 1))))
            (local.set $c (i64.add (local.get $a) (local.get $b)))
            (i64.sub (local.get $c) (local.get $a)))"#
            .into(),
        ..Module::receive(
            r#"(local $at i32) (local $dirty i32)
            (local.set $dirty (global.get $kept)) (global.set $kept (i32.const 1))
            (local.set $at (i32.const 65536))
            (loop $scan
              (local.set $dirty (i32.or (local.get $dirty) (i32.ne (i32.load (local.get $at)) (i32.const 0))))
              (br_if $scan (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1024))) (i32.const 262140))))
            (local.set $at (i32.const 0))
            (loop $slots
              (local.set $dirty (i32.or (local.get $dirty) (i32.eqz (ref.is_null (table.get $t (local.get $at))))))
              (br_if $slots (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 64))))
            (table.fill $t (i32.const 0) (ref.func $mark) (i32.const 64))
            (memory.fill (i32.const 65536) (i32.const 0x5e) (i32.const 196608))
            (drop (call $mark (i32.const 200)))
            (call $answer (select (i32.const 500) (i32.const 200) (local.get $dirty)))"#,
        )
    };
    let digest = plugins.load(&module).await.digest;
    let tenants = [account(digest), account(digest)];
    for reuse in 0..REUSES {
        let answer = plugins.host.receive(&tenants[reuse % 2], delivery(b"{}")).await.expect("the call works").expect("and is accepted");
        assert_eq!(answer.acknowledgement.status, 200, "something of another tenant was left at reuse {reuse}");
    }
}
