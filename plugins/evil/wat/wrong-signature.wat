;; Exports the right name with the wrong type. To be refused at load, not when
;; the first event comes.
(component
  (core module $code (func (export "handle")))
  (core instance $instance (instantiate $code))
  (func $handle (canon lift (core func $instance "handle")))
  (instance $on-schedule (export "handle" (func $handle)))
  (export "tidegate:plugin/on-schedule@0.1.0" (instance $on-schedule))
)
