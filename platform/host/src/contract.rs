//! The plugin contract `wit/v0.1.0` as Rust types. A released version is frozen; the next gets a module of its own.

pub mod v0_1 {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1.0",
        world: "channel-connector",
        imports: {
            "switchyard:host/kv": async | trappable,
            "switchyard:host/http": async | trappable,
            default: trappable,
        },
        exports: { default: async },
        with: { "switchyard:host/config.secret": crate::guest::SecretHandle },
    });
}

/// Credit policies: a world of its own, without imports.
pub mod credit {
    wasmtime::component::bindgen!({
        path: "../../wit/v0.1.0",
        world: "credit-policy",
        exports: { default: async },
    });
}

pub use v0_1::exports::switchyard::plugin::connector as wire;
pub use v0_1::switchyard::{host as imports, plugin as plugin_types};
