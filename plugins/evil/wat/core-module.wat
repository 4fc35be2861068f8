;; A core module, as compilers for `wasm32-wasip1` make them: not a component.
(module
  (memory (export "memory") 1)
  (func (export "tidegate:plugin/on-schedule@0.1.0#handle")
    (param i64 i32 i32 i32) (result i32) (i32.const 0))
)
