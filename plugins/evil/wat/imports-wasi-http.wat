;; Imports a WASI interface that is not offered: requests go through
;; `tidegate:plugin/http`, where the grants are. To be refused at load, by name.
(component
  (import "tidegate:plugin/types@0.1.0" (instance $types
    (type $detail-type (record (field "message" string) (field "traceback" (option string))))
    (export "failure-detail" (type $detail (eq $detail-type)))
    (type $failure-type (variant (case "invalid" $detail) (case "try-again" $detail)))
    (export "failure" (type $failure (eq $failure-type)))))
  (alias export $types "failure" (type $failure))
  (import "wasi:http/outgoing-handler@0.2.0" (instance
    (export "handle" (func (param "request" u32)))))
  (core module $code
    (memory (export "memory") 1)
    ;; Ok: byte 0 of the result is 0, as is all memory.
    (func (export "handle") (param i64 i32 i32 i32) (result i32) (i32.const 0))
    ;; Good for one allocation, which is all that an empty argument list needs.
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  )
  (core instance $instance (instantiate $code))
  (func $handle
    (param "scheduled" s64)
    (param "arguments" (option (list (tuple string string))))
    (result (result (error $failure)))
    (canon lift (core func $instance "handle")
      (memory (core memory $instance "memory"))
      (realloc (core func $instance "realloc"))))
  (instance $on-schedule (export "handle" (func $handle)))
  (export "tidegate:plugin/on-schedule@0.1.0" (instance $on-schedule))
)
