;; A component that exports nothing that a trigger could call. To be refused at
;; load.
(component
  (core module $code (func (export "handle")))
  (core instance (instantiate $code))
)
