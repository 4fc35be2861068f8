//! What wit-bindgen makes of `wit/`. Not part of the SDK's promises.
//!
//! The plain `imports` world is generated once and owns every shared type; a
//! world per entry point adds its export alone, so that a component exports
//! just what it defines.

#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::all,
    clippy::restriction,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

pub mod imports {
    wit_bindgen::generate!({
        world: "imports",
        path: "../../wit",
        // The worlds below use types that no import mentions.
        generate_unused_types: true,
        additional_derives: [PartialEq],
    });
}

pub mod write {
    wit_bindgen::generate!({
        world: "on-write-plugin",
        path: "../../wit",
        pub_export_macro: true,
        export_macro_name: "export_write",
        with: {
            "tidegate:plugin/types@0.1.0": super::imports::tidegate::plugin::types,
            "tidegate:plugin/log@0.1.0": super::imports::tidegate::plugin::log,
            "tidegate:plugin/query@0.1.0": super::imports::tidegate::plugin::query,
            "tidegate:plugin/write@0.1.0": super::imports::tidegate::plugin::write,
            "tidegate:plugin/cache@0.1.0": super::imports::tidegate::plugin::cache,
            "tidegate:plugin/http@0.1.0": super::imports::tidegate::plugin::http,
        },
    });
}

pub mod schedule {
    wit_bindgen::generate!({
        world: "on-schedule-plugin",
        path: "../../wit",
        pub_export_macro: true,
        export_macro_name: "export_schedule",
        with: {
            "tidegate:plugin/types@0.1.0": super::imports::tidegate::plugin::types,
            "tidegate:plugin/log@0.1.0": super::imports::tidegate::plugin::log,
            "tidegate:plugin/query@0.1.0": super::imports::tidegate::plugin::query,
            "tidegate:plugin/write@0.1.0": super::imports::tidegate::plugin::write,
            "tidegate:plugin/cache@0.1.0": super::imports::tidegate::plugin::cache,
            "tidegate:plugin/http@0.1.0": super::imports::tidegate::plugin::http,
        },
    });
}

pub mod request {
    wit_bindgen::generate!({
        world: "on-request-plugin",
        path: "../../wit",
        pub_export_macro: true,
        export_macro_name: "export_request",
        additional_derives: [PartialEq],
        with: {
            "tidegate:plugin/types@0.1.0": super::imports::tidegate::plugin::types,
            "tidegate:plugin/log@0.1.0": super::imports::tidegate::plugin::log,
            "tidegate:plugin/query@0.1.0": super::imports::tidegate::plugin::query,
            "tidegate:plugin/write@0.1.0": super::imports::tidegate::plugin::write,
            "tidegate:plugin/cache@0.1.0": super::imports::tidegate::plugin::cache,
            "tidegate:plugin/http@0.1.0": super::imports::tidegate::plugin::http,
        },
    });
}
