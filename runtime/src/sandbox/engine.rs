//! The one engine and the one linker of a runtime.

use std::num::NonZeroUsize;
use std::sync::Arc;

use wasmtime::component::Linker;
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, OperatorCost, PoolingAllocationConfig, VariableOperatorCost,
    WasmBacktraceDetails,
};

use super::compile::Artefacts;
use super::executor::Executor;
use super::slots::Slots;
use super::store::RunState;
use super::warm::Warm;
use crate::host::{self, Services};

/// Core instances of one component; componentize-py makes up to 38. The pool has
/// as many for each, so that no component can take another's.
const CORE_INSTANCES: u32 = 48;

/// What runs need of the runtime: made once, shared by all.
pub(crate) struct Sandbox {
    pub(super) engine: Engine,
    pub(super) linker: Linker<RunState>,
    pub(super) executor: Executor,
    pub(super) slots: Slots,
    /// Those that compile at the same time.
    pub(super) compilers: Slots,
    pub(super) services: Arc<Services>,
    pub(super) artefacts: Artefacts,
    pub(super) warm: Warm,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

/// How large a sandbox is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    /// How many instances may run at once.
    pub(crate) instances: u32,
    /// How many threads poll guests.
    pub(crate) threads: usize,
}

impl Sandbox {
    /// Makes the engine, its pool of instances and the guests' threads.
    ///
    /// # Errors
    /// If the system does not give the address space or the threads.
    pub(crate) fn new(services: &Arc<Services>, size: Size, artefacts: Artefacts) -> wasmtime::Result<Self> {
        // Instances that wait take no slot from those that run.
        let waiting = size.instances.div_ceil(4);
        let engine = Engine::new(&config(size.instances.saturating_add(waiting)))?;
        let mut linker = Linker::new(&engine);
        host::link(&mut linker, |state: &mut RunState| &mut state.host)?;
        let executor = Executor::start(size.threads, &services.tasks)?;
        let slots = Slots::new(usize::try_from(size.instances).unwrap_or(usize::MAX));
        let compilers = Slots::new(size.threads.div_ceil(2));
        let warm = Warm::new(usize::try_from(waiting).unwrap_or(0), &services.tasks);
        Ok(Self { engine, linker, executor, slots, compilers, services: Arc::clone(services), artefacts, warm })
    }
}

impl Sandbox {
    /// Lets those go on who wait and may: quotas have changed.
    pub(crate) fn stir(&self) {
        self.slots.stir();
        self.compilers.stir();
    }
}

fn config(instances: u32) -> Config {
    let mut config = Config::new();
    config.consume_fuel(true);
    config.operator_cost(operator_cost());
    // Nothing that plugins need, and each has had its escapes.
    config.wasm_tail_call(false).wasm_memory64(false).wasm_relaxed_simd(false).concurrency_support(false);
    // Host calls run on the guest's fiber: what wasm may use of it leaves
    // three quarters to them.
    config.max_wasm_stack(512 << 10).async_stack_size(2 << 20).async_stack_zeroing(true);
    config.wasm_backtrace_max_frames(NonZeroUsize::new(20)).wasm_backtrace_details(WasmBacktraceDetails::Disable);
    // A Python runner begins with more than the default, and without an image
    // that is mapped each run would copy it.
    config.memory_guaranteed_dense_image_size(64 << 20);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(instances)));
    config
}

/// What instructions cost that take far longer than the others.
fn operator_cost() -> OperatorCost {
    // A call into the engine: even if there is nothing to fill.
    const ENGINE_CALL: u8 = 200;
    const DIVISION: u8 = 8;
    OperatorCost {
        MemoryFill: ENGINE_CALL,
        MemoryCopy: ENGINE_CALL,
        MemoryInit: ENGINE_CALL,
        MemoryGrow: ENGINE_CALL,
        DataDrop: ENGINE_CALL,
        TableFill: ENGINE_CALL,
        TableCopy: ENGINE_CALL,
        TableInit: ENGINE_CALL,
        TableGrow: ENGINE_CALL,
        ElemDrop: ENGINE_CALL,
        I32DivS: DIVISION,
        I32DivU: DIVISION,
        I32RemS: DIVISION,
        I32RemU: DIVISION,
        I64DivS: DIVISION,
        I64DivU: DIVISION,
        I64RemS: DIVISION,
        I64RemU: DIVISION,
        // By default growing memory is free, and the zeroing of it is the host's.
        variable: VariableOperatorCost { memory_grow_per_page: u8::MAX, ..VariableOperatorCost::new() },
        ..OperatorCost::default()
    }
}

fn pool(instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES))
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_memories(instances.saturating_mul(4))
        .max_memories_per_component(4)
        .total_tables(instances.saturating_mul(8))
        .max_tables_per_component(8)
        .table_elements(20_000)
        .total_stacks(instances)
        // What a run wrote is written over rather than unmapped, up to this size.
        // Above what a small Rust plugin has: unmapping anything interrupts the other
        // cores, and two of them then do no more runs than one.
        .linear_memory_keep_resident(3 << 19)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(64 << 10);
    pool
}
