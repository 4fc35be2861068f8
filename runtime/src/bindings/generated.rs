//! What `bindgen!` makes of `wit/`.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::allow_attributes_without_reason,
    clippy::future_not_send,
    reason = "generated; the WIT is where it is documented"
)]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "runner",
    imports: {
        "tidegate:plugin/query": async | trappable,
        "tidegate:plugin/write": async | trappable,
        "tidegate:plugin/http": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    // Rows are lent to the guest: one copy, straight into its memory.
    ownership: Borrowing { duplicate_if_necessary: true },
    with: { "tidegate:plugin/query.reader": crate::bindings::Reader },
});
